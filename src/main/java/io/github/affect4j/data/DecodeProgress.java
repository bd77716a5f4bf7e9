package io.github.affect4j.data;

/**
 * Hears how far a pass over images has come: decoding, verifying or painting them. Called by one
 * thread at a time, not for each image.
 */
@FunctionalInterface
public interface DecodeProgress {
  /** Tells nobody. */
  DecodeProgress NONE = (done, total) -> {};

  /** {@code done} of {@code total} images are done; the last call has both equal. */
  void update(int done, int total);
}
