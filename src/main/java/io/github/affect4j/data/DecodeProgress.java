package io.github.affect4j.data;

import io.github.affect4j.io.Progress;

/**
 * Hears how far a pass over images has come: decoding, verifying or painting them. Called by one
 * thread at a time, not for each image.
 */
@FunctionalInterface
public interface DecodeProgress {
  /** Tells nobody. */
  DecodeProgress NONE = (done, total) -> {};

  /** Shows each pass as a piece of work that begins with its first images, not before an error. */
  static DecodeProgress on(Progress progress, String what) {
    int[] last = {Integer.MAX_VALUE};
    return (done, total) -> {
      if (done < last[0]) {
        progress.begin(what, total, "img", () -> "");
      }
      progress.advance(done);
      last[0] = done;
    };
  }

  /** {@code done} of {@code total} images are done; the last call has both equal. */
  void update(int done, int total);
}
