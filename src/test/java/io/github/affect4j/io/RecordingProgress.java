package io.github.affect4j.io;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Keeps what was said. */
public final class RecordingProgress implements Progress {
  public final List<String> lines = new ArrayList<>();

  @Override
  public void begin(String what, long total, String unit, Supplier<String> note) {}

  @Override
  public void advance(long done) {}

  @Override
  public void end() {}

  @Override
  public void say(String line) {
    lines.add(line);
  }
}
