package io.github.affect4j.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;

/** A few small random changes of an input: what breaks parsers most often. */
final class Mutant {
  private static final List<String> TOKENS = List.of(",", "\n", "\r", "\n\n", " ", "\t", "\"", "{", "}", "[", "]", ":",
      "/", "../", "\\", "\0", "\u001b[2J", "\uFEFF", "é", "-", "-0", "-0.0", "1e999", "1e-400", "NaN", "Infinity",
      "0x1p3", "1f", "3.0", "2147483648", "9223372036854775808", "99999999999999999999", "null", "true", "-1", "-5");

  private Mutant() {}

  static byte[] of(byte[] input, Random random) {
    byte[] mutant = input;
    for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
      mutant = changed(mutant, random);
    }
    return mutant;
  }

  private static byte[] changed(byte[] input, Random random) {
    int from = random.nextInt(input.length + 1);
    int to = Math.min(input.length, from + 1 + random.nextInt(1 + random.nextInt(64)));
    return switch (random.nextInt(5)) {
      case 0 -> spliced(input, from, to, new byte[0]);
      case 1 -> spliced(input, from, from, copy(input, from, to));
      case 2 -> spliced(input, from, random.nextBoolean() ? from : to, token(random));
      case 3 -> copy(input, 0, from);
      default -> flipped(input, random);
    };
  }

  private static byte[] token(Random random) {
    return TOKENS.get(random.nextInt(TOKENS.size())).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] flipped(byte[] input, Random random) {
    byte[] copy = input.clone();
    if (copy.length > 0) {
      copy[random.nextInt(copy.length)] ^= (byte) (1 << random.nextInt(8));
    }
    return copy;
  }

  private static byte[] copy(byte[] input, int from, int to) {
    return java.util.Arrays.copyOfRange(input, from, to);
  }

  /** The bytes from one index to another replaced by others. */
  private static byte[] spliced(byte[] input, int from, int to, byte[] others) {
    byte[] result = new byte[from + others.length + input.length - to];
    System.arraycopy(input, 0, result, 0, from);
    System.arraycopy(others, 0, result, from, others.length);
    System.arraycopy(input, to, result, from + others.length, input.length - to);
    return result;
  }
}
