package io.github.affect4j.fuzz;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.io.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;

/**
 * What all fuzz tests hold: whatever the bytes, a parser gives a valid value or refuses in a sentence. A test that only
 * replays its corpus also tries some mutants of each input, the same in every run, so that CI fuzzes a little.
 */
public final class Fuzz {
  private static final int LONGEST_SENTENCE = 500;

  private static final int MUTANTS = 20;
  private static final boolean REPLAYS = System.getenv("JAZZER_FUZZ") == null;

  private Fuzz() {}

  /** Uses a parser and checks what it gives. */
  @FunctionalInterface
  public interface Check<T> {
    /** @throws InputException if the parser refuses */
    void of(T input) throws Exception;
  }

  /** Checks an input. */
  public static void bytes(byte[] input, Check<byte[]> check) throws Exception {
    one(input, check);
    if (REPLAYS) {
      Random random = new Random(Arrays.hashCode(input));
      for (int i = 0; i < MUTANTS; i++) {
        byte[] mutant = Mutant.of(input, random);
        try {
          one(mutant, check);
        } catch (Throwable e) {
          Path kept = Files.write(Files.createTempFile("affect4j-fuzz-", ""), mutant);
          throw new AssertionError("a mutant of this input, which is kept as " + kept, e);
        }
      }
    }
  }

  /** Checks an input that is the content of this file. */
  public static void file(Path file, byte[] input, Check<Path> check) throws Exception {
    bytes(input, bytes -> check.of(Files.write(file, bytes)));
  }

  private static void one(byte[] input, Check<byte[]> check) throws Exception {
    try {
      check.of(input);
    } catch (InputException e) {
      requireSentence(e.getMessage());
    }
  }

  /** What affect4j wrote itself is never refused. */
  public static <T> T readBack(Callable<T> parser) throws Exception {
    try {
      return parser.call();
    } catch (InputException e) {
      throw new AssertionError("what was written cannot be read", e);
    }
  }

  /** A message is as short as a reader wants it; that it cannot steer a terminal is up to who prints it. */
  public static void requireSentence(String message) {
    assertNotNull(message);
    assertFalse(message.isBlank(), "an empty message");
    assertTrue(message.length() <= LONGEST_SENTENCE, () -> message.length() + " characters: " + message);
  }
}
