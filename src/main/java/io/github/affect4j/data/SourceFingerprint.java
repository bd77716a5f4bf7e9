package io.github.affect4j.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Identifies the files a shard was made from, without reading them.
 *
 * @param listDigest SHA-256 of the image root and the paths
 * @param contentDigest SHA-256 of the paths with the size and modification time of each file
 */
record SourceFingerprint(byte[] listDigest, byte[] contentDigest) {
  private static final int STATE_BYTES = 2 * Long.BYTES;

  static SourceFingerprint of(Path imageRoot, List<String> images) {
    MessageDigest list = ShardFormat.sha256();
    MessageDigest content = ShardFormat.sha256();
    list.update(line(imageRoot.toAbsolutePath().normalize().toString()));
    byte[] states = new byte[images.size() * STATE_BYTES];
    IntStream.range(0, images.size()).parallel().forEach(i ->
        putState(DatasetFolder.image(imageRoot, images.get(i)), ByteBuffer.wrap(states, i * STATE_BYTES, STATE_BYTES)));
    for (String image : images) {
      list.update(line(image));
      content.update(line(image));
    }
    content.update(states);
    return new SourceFingerprint(list.digest(), content.digest());
  }

  private static byte[] line(String text) {
    return (text + '\n').getBytes(StandardCharsets.UTF_8);
  }

  private static void putState(Path file, ByteBuffer state) {
    try {
      BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
      state.putLong(attributes.size()).putLong(attributes.lastModifiedTime().toMillis());
    } catch (IOException e) {
      state.putLong(-1).putLong(-1); // absent, and so is its place in the shard
    }
  }
}
