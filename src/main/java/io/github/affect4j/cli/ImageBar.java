package io.github.affect4j.cli;

import io.github.affect4j.data.DecodeProgress;
import me.tongfei.progressbar.ProgressBar;

/** A progress bar on standard error that appears with the first image, not before an error. */
final class ImageBar implements DecodeProgress, AutoCloseable {
  private ProgressBar bar;

  @Override
  public void update(int done, int total) {
    if (bar == null) {
      bar = new ProgressBar("images", total);
    }
    bar.stepTo(done);
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
