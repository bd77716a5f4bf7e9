package io.github.affect4j.data;

import io.github.affect4j.io.AtomicFile;
import io.github.affect4j.io.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Decodes a list of JPEG files on all cores into a packed shard, each image once. */
final class ShardWriter {
  private final Path imageRoot;
  private final List<String> images;
  private final byte[] fingerprint;
  private final BadImage[] bad;
  private final int[] checksums;
  private int height;
  private int width;

  /**
   * Plans a shard.
   *
   * @param imageRoot folder the paths start from
   * @param images distinct paths; their order is the order in the shard
   * @param fingerprint 32 bytes that identify the source
   */
  ShardWriter(Path imageRoot, List<String> images, byte[] fingerprint) {
    this.imageRoot = imageRoot;
    this.images = images;
    this.fingerprint = fingerprint;
    bad = new BadImage[images.size()];
    checksums = new int[images.size()];
  }

  /** Writes the shard; it appears whole or not at all. */
  void write(Path target, DecodeProgress listener) throws IOException {
    requireUsable();
    try (AtomicFile file = AtomicFile.create(target)) {
      checkSpace(target);
      decodeAll(file.channel(), new ProgressCounter(listener, images.size()));
      checkMajorityUsable();
      byte[] index = index();
      writeFully(file.channel(), ByteBuffer.wrap(index), ShardFormat.PIXELS_OFFSET + pixelBytes());
      writeFully(file.channel(), header(index), 0);
      file.commit();
    } catch (IOException e) {
      if (isDiskFull(e)) {
        throw noSpace(target, e);
      }
      throw e;
    }
  }

  private long pixelBytes() {
    return (long) images.size() * imageBytes();
  }

  private int imageBytes() {
    return height * width * ShardFormat.CHANNELS;
  }

  /**
   * Finds the first usable image, which sets the size of all.
   *
   * @throws InputException if there is none
   */
  void requireUsable() {
    if (height > 0) {
      return;
    }
    JpegDecoder decoder = new JpegDecoder();
    BadImage first = null;
    for (String image : images) {
      try {
        decoder.decode(imageRoot.resolve(image));
        height = decoder.height();
        width = decoder.width();
        return;
      } catch (JpegDecoder.Refusal refusal) {
        first = first == null ? refusal.of(image) : first;
      }
    }
    throw new InputException(imageRoot + ": expected face images, but none of the " + images.size()
        + " listed can be used, such as " + first.image() + " (" + first.reason() + "); check the image folder"
        + DatasetFolder.otherForm(imageRoot, images));
  }

  private void decodeAll(FileChannel out, ProgressCounter progress) throws IOException {
    ThreadLocal<JpegDecoder> decoders = ThreadLocal.withInitial(JpegDecoder::new);
    try {
      IntStream.range(0, images.size()).parallel().forEach(slot -> {
        decodeOne(slot, decoders.get(), out);
        progress.oneDone();
      });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void decodeOne(int slot, JpegDecoder decoder, FileChannel out) {
    try {
      decoder.decode(imageRoot.resolve(images.get(slot)), height, width);
      checksums[slot] = ShardFormat.crc(decoder.pixels());
      long position = ShardFormat.PIXELS_OFFSET + (long) slot * imageBytes();
      writeFully(out, ByteBuffer.wrap(decoder.pixels()), position);
    } catch (JpegDecoder.Refusal refusal) {
      bad[slot] = refusal.of(images.get(slot)); // its place in the file stays a hole
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Most images of another size means that the first one is the odd one out. */
  private void checkMajorityUsable() {
    long wrongSize = Arrays.stream(bad).filter(b -> b != null && b.kind() == BadImage.Kind.WRONG_SIZE).count();
    if (wrongSize * 2 > images.size()) {
      BadImage example =
          Arrays.stream(bad).filter(b -> b != null && b.kind() == BadImage.Kind.WRONG_SIZE).findFirst().orElseThrow();
      throw new InputException(imageRoot.resolve(example.image()) + ": expected images of one size, but " + wrongSize
          + " of " + images.size() + " differ from the first usable one, such as this (" + example.detail()
          + "); resize them or remove the odd one");
    }
  }

  private byte[] index() {
    ByteArrayOutputStream index = new ByteArrayOutputStream();
    for (int slot = 0; slot < images.size(); slot++) {
      index.writeBytes(indexEntry(slot));
    }
    return index.toByteArray();
  }

  private byte[] indexEntry(int slot) {
    byte[] path = text(images.get(slot));
    byte[] detail = text(bad[slot] == null ? "" : bad[slot].detail());
    byte status = bad[slot] == null ? ShardFormat.USABLE : ShardFormat.status(bad[slot].kind());
    ByteBuffer entry = ShardFormat.allocate(ShardFormat.SMALLEST_ENTRY + path.length + detail.length);
    entry.put(status).putInt(checksums[slot]);
    entry.putShort((short) path.length).putShort((short) detail.length);
    return entry.put(path).put(detail).array();
  }

  private static byte[] text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > ShardFormat.LONGEST_TEXT) {
      throw new InputException("expected image paths of at most 65535 bytes, got one of " + bytes.length);
    }
    return bytes;
  }

  private ByteBuffer header(byte[] index) {
    ByteBuffer header = ShardFormat.allocate(ShardFormat.HEADER_BYTES);
    header.put(ShardFormat.MAGIC).putInt(ShardFormat.VERSION);
    header.putInt(height).putInt(width).putInt(ShardFormat.CHANNELS);
    header.putLong(images.size()).putLong(ShardFormat.PIXELS_OFFSET + pixelBytes()).putLong(index.length);
    header.put(fingerprint).putInt(ShardFormat.crc(index));
    return header.putInt(ShardFormat.crc(header.duplicate().flip())).flip();
  }

  private static void writeFully(FileChannel out, ByteBuffer bytes, long position) throws IOException {
    while (bytes.hasRemaining()) {
      position += out.write(bytes, position);
    }
  }

  private void checkSpace(Path target) throws IOException {
    long free = Files.getFileStore(target.toAbsolutePath().getParent()).getUsableSpace();
    if (free < pixelBytes()) {
      throw noSpace(target, null);
    }
  }

  private static boolean isDiskFull(IOException e) {
    String message = String.valueOf(e.getMessage());
    return Stream.of("No space left", "quota exceeded", "File too large").anyMatch(message::contains);
  }

  private InputException noSpace(Path target, IOException cause) {
    long megabytes = (pixelBytes() >> 20) + 1;
    return new InputException(target + ": the disk is full: " + images.size() + " unpacked images need " + megabytes
        + " MiB; free that much or choose a folder on another disk", cause);
  }
}
