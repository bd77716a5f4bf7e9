package io.github.affect4j.io;

import java.util.function.Supplier;

/** What long work tells its user while it runs. Used by one thread at a time. */
public interface Progress extends AutoCloseable {
  /** Tells nothing. */
  Progress NONE =
      new Progress() {
        @Override
        public void begin(String what, long total, String unit, Supplier<String> note) {}

        @Override
        public void advance(long done) {}

        @Override
        public void end() {}

        @Override
        public void say(String line) {}
      };

  /**
   * Starts a piece of work.
   *
   * @param what a few words
   * @param total amount of work
   * @param unit what is counted, such as {@code img}
   * @param note asked now and then for what else to show
   */
  void begin(String what, long total, String unit, Supplier<String> note);

  /** Cheap enough to be called at every step. Speed is measured from the first call on. */
  void advance(long done);

  /** Ends the piece of work. */
  void end();

  /** One line that stays on the screen. */
  void say(String line);

  @Override
  default void close() {
    end();
  }
}
