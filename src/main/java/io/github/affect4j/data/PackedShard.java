package io.github.affect4j.data;

import io.github.affect4j.io.InputException;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A packed shard: decoded images of one size, memory-mapped, addressed by slot. Header and index
 * are checked against their checksums on opening, an image when it is first read. Safe for use by
 * several threads. The mapping is released with the object, not before, so that a late reader
 * cannot crash the process.
 */
final class PackedShard {
  private static final int LARGEST_SIDE = 1024;
  private static final long MAPPING_BYTES = 1L << 30;

  private final Path file;
  private final int height;
  private final int width;
  private final byte[] fingerprint;
  private final List<String> images;
  private final Map<String, Integer> slots;
  private final BadImage[] bad;
  private final int[] checksums;
  private final int imagesPerMapping;
  private final MappedByteBuffer[] mappings;
  // Two threads may both verify an image: harmless, so plain writes do.
  private final boolean[] verified;

  private PackedShard(Path file, FileChannel channel) throws IOException {
    this.file = file;
    ByteBuffer header = readHeader(channel);
    height = header.getInt();
    width = header.getInt();
    int channels = header.getInt();
    long count = header.getLong();
    long indexOffset = header.getLong();
    long indexBytes = header.getLong();
    fingerprint = new byte[ShardFormat.FINGERPRINT_BYTES];
    header.get(fingerprint);
    checkLayout(channels, count, indexOffset, indexBytes, channel.size());
    int n = (int) count;
    images = new ArrayList<>(n);
    slots = new HashMap<>(n * 4 / 3 + 1);
    bad = new BadImage[n];
    checksums = new int[n];
    verified = new boolean[n];
    readIndex(channel, indexOffset, (int) indexBytes, header.getInt());
    imagesPerMapping = (int) (MAPPING_BYTES / imageBytes());
    mappings = map(channel, n);
  }

  /**
   * Opens a shard.
   *
   * @throws InputException if it is absent, truncated, damaged, or no shard of this version
   */
  static PackedShard open(Path file) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return new PackedShard(file, channel);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": expected a packed shard, but there is no such file", e);
    } catch (IOException e) {
      throw new InputException(file + ": the packed shard cannot be read: " + e.getMessage(), e);
    }
  }

  private ByteBuffer readHeader(FileChannel channel) throws IOException {
    if (channel.size() < ShardFormat.PIXELS_OFFSET) {
      throw damaged("it has " + channel.size() + " bytes, fewer than its header needs");
    }
    ByteBuffer header = ShardFormat.allocate(ShardFormat.HEADER_BYTES);
    readFully(channel, header, 0);
    byte[] magic = new byte[ShardFormat.MAGIC.length];
    header.get(magic);
    if (!Arrays.equals(magic, ShardFormat.MAGIC)) {
      throw InputException.in(file, "expected a packed shard, but the file starts differently; make one with"
          + " 'affect4j pack'");
    }
    int version = header.getInt();
    if (version != ShardFormat.VERSION) {
      throw InputException.in(file, "expected packed shard version " + ShardFormat.VERSION + ", got " + version
          + ", whose images another release decoded; pack again with this release");
    }
    int covered = ShardFormat.HEADER_BYTES - Integer.BYTES;
    if (ShardFormat.crc(header.duplicate().position(0).limit(covered)) != header.getInt(covered)) {
      throw damaged("its header does not match its checksum");
    }
    return header;
  }

  /** A hostile header has a right checksum too, so each number is checked before it is used. */
  private void checkLayout(int channels, long count, long indexOffset, long indexBytes, long fileBytes) {
    boolean sane = channels == ShardFormat.CHANNELS
        && height > 0 && height <= LARGEST_SIDE
        && width > 0 && width <= LARGEST_SIDE
        && indexBytes > 0 && indexBytes <= Integer.MAX_VALUE - 8
        && count > 0 && count <= indexBytes / ShardFormat.SMALLEST_ENTRY
        && indexOffset == ShardFormat.PIXELS_OFFSET + count * imageBytes();
    if (!sane) {
      throw damaged("its header holds impossible sizes");
    }
    if (fileBytes != indexOffset + indexBytes) {
      throw damaged("it should have " + (indexOffset + indexBytes) + " bytes and has " + fileBytes);
    }
  }

  private void readIndex(FileChannel channel, long offset, int bytes, int checksum) throws IOException {
    ByteBuffer index = ShardFormat.allocate(bytes);
    readFully(channel, index, offset);
    if (ShardFormat.crc(index.duplicate()) != checksum) {
      throw damaged("its index does not match its checksum");
    }
    try {
      for (int slot = 0; slot < bad.length; slot++) {
        readEntry(index, slot);
      }
    } catch (BufferUnderflowException e) {
      throw damaged("its index ends early");
    }
  }

  private void readEntry(ByteBuffer index, int slot) {
    byte status = index.get();
    checksums[slot] = index.getInt();
    int pathBytes = Short.toUnsignedInt(index.getShort());
    int detailBytes = Short.toUnsignedInt(index.getShort());
    String image = text(index, pathBytes);
    String detail = text(index, detailBytes);
    BadImage.Kind[] kinds = BadImage.Kind.values();
    if (status < 0 || status > kinds.length || slots.put(image, slot) != null) {
      throw damaged("its index has an invalid or repeated entry");
    }
    images.add(image);
    bad[slot] = status == ShardFormat.USABLE ? null : new BadImage(image, kinds[status - 1], detail);
  }

  private static String text(ByteBuffer index, int bytes) {
    byte[] text = new byte[bytes];
    index.get(text);
    return new String(text, StandardCharsets.UTF_8);
  }

  /** A mapping holds at most 2 GiB, and here a whole number of images. */
  private MappedByteBuffer[] map(FileChannel channel, int count) throws IOException {
    MappedByteBuffer[] parts = new MappedByteBuffer[(count + imagesPerMapping - 1) / imagesPerMapping];
    for (int part = 0; part < parts.length; part++) {
      long first = (long) part * imagesPerMapping;
      long here = Math.min(imagesPerMapping, count - first);
      long offset = ShardFormat.PIXELS_OFFSET + first * imageBytes();
      parts[part] = channel.map(FileChannel.MapMode.READ_ONLY, offset, here * imageBytes());
    }
    return parts;
  }

  int height() {
    return height;
  }

  int width() {
    return width;
  }

  int imageBytes() {
    return height * width * ShardFormat.CHANNELS;
  }

  /** Paths in slot order. */
  List<String> images() {
    return images;
  }

  byte[] fingerprint() {
    return fingerprint.clone();
  }

  /** Slot of an image, or -1. */
  int slot(String image) {
    return slots.getOrDefault(image, -1);
  }

  /** Checksum of the image's pixels, 0 if unusable. */
  int checksum(int slot) {
    return checksums[slot];
  }

  /** What is wrong with the image, or null if it is usable. */
  BadImage problem(int slot) {
    return bad[slot];
  }

  /** True if the image is not here, or had no file when the shard was made. */
  boolean isMissing(String image) {
    int slot = slot(image);
    return slot < 0 || bad[slot] != null && bad[slot].kind() == BadImage.Kind.MISSING;
  }

  /** The problems of all slots, in slot order. */
  List<BadImage> problems() {
    return Arrays.stream(bad).filter(problem -> problem != null).toList();
  }

  /** Copies a usable image to the destination's position and advances it. */
  void read(int slot, ByteBuffer destination) {
    verify(slot);
    int bytes = imageBytes();
    destination.put(destination.position(), mappings[slot / imagesPerMapping], offset(slot), bytes);
    destination.position(destination.position() + bytes);
  }

  private void verify(int slot) {
    if (!verified[slot]) {
      if (!matches(slot)) {
        throw damaged("the pixels of " + images.get(slot) + " do not match their checksum");
      }
      verified[slot] = true;
    }
  }

  /** Checks these usable images on all cores; throws if one is damaged. */
  void verify(int[] wanted, DecodeProgress listener) {
    ProgressCounter progress = new ProgressCounter(listener, wanted.length);
    Arrays.stream(wanted).parallel().forEach(slot -> {
      verify(slot);
      progress.oneDone();
    });
  }

  /** All images in slot order, in buffers of whole images; those of unusable slots have any content. */
  List<ByteBuffer> blocks() {
    return Arrays.stream(mappings).map(ByteBuffer::asReadOnlyBuffer).toList();
  }

  private int offset(int slot) {
    return slot % imagesPerMapping * imageBytes();
  }

  private boolean matches(int slot) {
    ByteBuffer pixels = mappings[slot / imagesPerMapping].slice(offset(slot), imageBytes());
    return ShardFormat.crc(pixels) == checksums[slot];
  }

  /** Checks all images on all cores and returns the paths of those whose pixels changed. */
  List<String> verify(DecodeProgress listener) {
    ProgressCounter progress = new ProgressCounter(listener, bad.length);
    return IntStream.range(0, bad.length).parallel().filter(slot -> {
      verified[slot] = bad[slot] != null || matches(slot);
      progress.oneDone();
      return !verified[slot];
    }).mapToObj(images::get).toList();
  }

  private InputException damaged(String how) {
    return InputException.in(file, "the packed shard is damaged: " + how + "; delete it and pack again");
  }

  private static void readFully(FileChannel channel, ByteBuffer buffer, long offset) throws IOException {
    while (buffer.hasRemaining()) {
      int read = channel.read(buffer, offset + buffer.position());
      if (read < 0) {
        throw new IOException("it ended while being read");
      }
    }
    buffer.flip();
  }
}
