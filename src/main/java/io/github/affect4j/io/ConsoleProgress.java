package io.github.affect4j.io;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** Progress on standard error: a bar on a terminal, a line every half minute in a log file. */
public final class ConsoleProgress implements Progress {
  private static final long BAR_NANOS = 250_000_000L;
  private static final long LINE_NANOS = 30_000_000_000L;

  private final PrintStream err;
  private final boolean terminal;
  private final LongSupplier nanoTime;
  private ProgressBar bar;
  private String what = "";
  private String unit = "";
  private Supplier<String> note = () -> "";
  private long total;
  private long begun;
  private long shown;
  private long firstDone;

  public ConsoleProgress() {
    this(System.err, isTerminal(), System::nanoTime);
  }

  ConsoleProgress(PrintStream err, boolean terminal, LongSupplier nanoTime) {
    this.err = err;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  private static boolean isTerminal() {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/2")).startsWith("/dev");
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void begin(String what, long total, String unit, Supplier<String> note) {
    end();
    this.what = what;
    this.total = total;
    this.unit = unit;
    this.note = note;
    firstDone = -1;
  }

  /** After a resume work begins in the middle: speed counts from there. */
  private void beginAt(long done, long now) {
    firstDone = done;
    begun = now;
    shown = now;
    if (terminal) {
      bar = bar(done);
    }
  }

  private ProgressBar bar(long done) {
    return new ProgressBarBuilder()
        .setTaskName(what)
        .setInitialMax(total)
        .startsFrom(done, Duration.ZERO)
        .setUnit(" " + unit, 1)
        .showSpeed()
        .setStyle(ProgressBarStyle.UNICODE_BLOCK)
        .setUpdateIntervalMillis(250)
        .setConsumer(new ConsoleProgressBarConsumer(err))
        .build();
  }

  /** The bar as it stands; null if there is none. */
  ProgressBar bar() {
    return bar;
  }

  @Override
  public void advance(long done) {
    long now = nanoTime.getAsLong();
    if (firstDone < 0) {
      beginAt(done, now);
    }
    if (bar != null) {
      bar.stepTo(done);
    }
    if (now - shown >= (terminal ? BAR_NANOS : LINE_NANOS)) {
      shown = now;
      show(done, (now - begun) / 1e9);
    }
  }

  private void show(long done, double seconds) {
    if (bar != null) {
      bar.setExtraMessage(" " + note.get());
      return;
    }
    double speed = (done - firstDone) / seconds;
    String left = speed > 0 ? String.format(Locale.ROOT, ", %.0f s left", (total - done) / speed) : "";
    err.printf(
        Locale.ROOT, "%s: %d of %d %s, %.1f %s/s%s %s%n", what, done, total, unit, speed, unit, left, note.get());
  }

  @Override
  public void end() {
    if (bar != null) {
      bar.close();
      bar = null;
    }
  }

  @Override
  public void say(String line) {
    end();
    err.println(Printable.line(line));
  }
}
