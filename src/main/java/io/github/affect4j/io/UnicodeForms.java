package io.github.affect4j.io;

import java.text.Normalizer;
import java.util.Arrays;
import java.util.function.Predicate;

/** Names that look alike and differ: an é is one character in NFC, which most systems write, and two in NFD. */
public final class UnicodeForms {
  private UnicodeForms() {}

  /**
   * The end of a message about a name that is not there.
   *
   * @param isThere whether another name is
   * @return the cause, if that is the name's form; else nothing
   */
  public static String hint(String name, Predicate<String> isThere) {
    boolean other = Arrays.stream(Normalizer.Form.values())
        .map(form -> Normalizer.normalize(name, form))
        .anyMatch(form -> !form.equals(name) && isThere.test(form));
    return other ? "; the same name is there in another Unicode form, so write both in NFC" : "";
  }
}
