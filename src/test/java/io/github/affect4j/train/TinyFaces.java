package io.github.affect4j.train;

import io.github.affect4j.data.BadImage;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;

/** 48 x 48 images whose brightness shows the labels, some labels missing, one image unusable. */
final class TinyFaces implements ImageSource {
  static final int SIZE = 48;
  static final int BAD_ROW = 3;

  final LabelSet labels;
  private final byte[][] pixels;

  TinyFaces(long seed, int rows) {
    Random random = new Random(seed);
    List<String> images = new ArrayList<>();
    double[] valence = new double[rows];
    double[] arousal = new double[rows];
    byte[] expression = new byte[rows];
    byte[] units = new byte[rows * ActionUnit.COUNT];
    pixels = new byte[rows][SIZE * SIZE * 3];
    for (int row = 0; row < rows; row++) {
      images.add("video" + row / 4 + "/" + String.format("%05d.jpg", row % 4 + 1));
      int level = random.nextInt(8);
      boolean labelled = row % 5 != 0;
      valence[row] = labelled ? level / 3.5 - 1 : LabelSet.INVALID_VA;
      arousal[row] = labelled ? 1 - level / 3.5 : LabelSet.INVALID_VA;
      expression[row] = row % 4 == 1 ? LabelSet.INVALID : (byte) level;
      for (int unit = 0; unit < ActionUnit.COUNT; unit++) {
        units[row * ActionUnit.COUNT + unit] = row % 7 == 2 ? LabelSet.INVALID : (byte) (level > unit % 8 ? 1 : 0);
      }
      for (int i = 0; i < pixels[row].length; i++) {
        pixels[row][i] = (byte) (level * 30 + random.nextInt(30));
      }
    }
    labels = new LabelSet(images, valence, arousal, expression, units);
  }

  static FaceData data() {
    return data(new TinyFaces(1, 23), new TinyFaces(2, 12));
  }

  static FaceData data(TinyFaces training, TinyFaces validation) {
    return new FaceData(training.labels, training, validation.labels, validation);
  }

  /** Two rows get each other's pixels. */
  void exchange(int row, int other) {
    byte[] image = pixels[row];
    pixels[row] = pixels[other];
    pixels[other] = image;
  }

  @Override
  public int checksum(int row) {
    CRC32C crc = new CRC32C();
    crc.update(pixels[row]);
    return usable(row) ? (int) crc.getValue() : 0;
  }

  @Override
  public int size() {
    return pixels.length;
  }

  @Override
  public int height() {
    return SIZE;
  }

  @Override
  public int width() {
    return SIZE;
  }

  @Override
  public boolean read(int row, ByteBuffer destination) {
    destination.put(usable(row) ? pixels[row] : grey());
    return usable(row);
  }

  @Override
  public List<ByteBuffer> stored() {
    ByteBuffer first = ByteBuffer.allocateDirect(2 * pixels[0].length);
    ByteBuffer others = ByteBuffer.allocateDirect((pixels.length - 2) * pixels[0].length);
    for (int slot = 0; slot < pixels.length; slot++) {
      (slot < 2 ? first : others).put(pixels[slot(slot)]); // the places are turned round, and so turn back
    }
    return List.of(first.flip(), others.flip());
  }

  @Override
  public int slot(int row) {
    return pixels.length - 1 - row;
  }

  @Override
  public void verify(DecodeProgress listener) {}

  private static byte[] grey() {
    byte[] grey = new byte[SIZE * SIZE * 3];
    java.util.Arrays.fill(grey, (byte) 128);
    return grey;
  }

  @Override
  public boolean usable(int row) {
    return row != BAD_ROW;
  }

  @Override
  public List<BadImage> problems() {
    return List.of(new BadImage(labels.images().get(BAD_ROW), BadImage.Kind.CORRUPT, "made so"));
  }

  @Override
  public void close() {}
}
