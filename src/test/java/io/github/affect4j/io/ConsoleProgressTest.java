package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ConsoleProgressTest {
  private static final long SECOND = 1_000_000_000;

  private final ByteArrayOutputStream shown = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(shown, true, StandardCharsets.UTF_8);
  private final AtomicLong now = new AtomicLong();

  /** The work before counts neither in images nor, as what comes between, in time. */
  @Test
  void speedAfterAResumeCountsFromWhereWorkGoesOn() {
    try (ConsoleProgress progress = new ConsoleProgress(err, false, now::get)) {
      progress.begin("mtl 3/30", 20_000, "img", () -> "loss 1");
      now.addAndGet(10 * SECOND);
      progress.advance(10_000);
      now.addAndGet(40 * SECOND);
      progress.advance(10_400);
    }
    assertEquals(
        "mtl 3/30: 10400 of 20000 img, 10.0 img/s, 960 s left loss 1\n", shown.toString(StandardCharsets.UTF_8));
  }

  @Test
  void theBarCountsFromThereToo() {
    try (ConsoleProgress progress = new ConsoleProgress(err, true, now::get)) {
      progress.begin("mtl 3/30", 20_000, "img", () -> "");
      progress.advance(10_000);
      progress.advance(10_092);
      assertEquals(10_000, progress.bar().getStart());
      assertEquals(10_092, progress.bar().getCurrent());
      progress.begin("mtl 4/30", 20_000, "img", () -> "");
      assertNull(progress.bar());
      progress.advance(0);
      assertEquals(0, progress.bar().getStart());
    }
  }
}
