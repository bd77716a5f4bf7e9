package io.github.affect4j.train;

import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.ImageSource;
import io.github.affect4j.engine.Batch;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.EngineException;
import io.github.affect4j.engine.ImageSet;
import io.github.affect4j.engine.Model;
import io.github.affect4j.io.Progress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The batches of a training run, and its images where they are kept on the device. */
final class BatchPool implements AutoCloseable {
  /** One being trained on, two being filled or waiting. */
  private static final int BATCHES_IN_FLIGHT = 3;

  private static final double GIGA = 1e9;

  private final ImageSource source;
  private final int capacity;
  private final Progress progress;
  private final List<Batch> batches = new ArrayList<>();
  private ImageSet set; // null: each batch has images of its own

  /**
   * @param capacity rows of a batch
   * @throws EngineException of kind OUT_OF_MEMORY if the images must be resident and do not fit
   */
  BatchPool(Model model, Device device, ImageSource source, int capacity, Resident resident, Progress progress) {
    this.source = source;
    this.capacity = capacity;
    this.progress = progress;
    try {
      if (resident == Resident.YES || resident == Resident.AUTO && !device.equals(Device.CPU)) {
        keepImages(model, device, resident);
      }
      for (int i = 0; i < BATCHES_IN_FLIGHT; i++) {
        batches.add(set == null ? new Batch(capacity, source.height(), source.width()) : new Batch(set, capacity));
      }
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  List<Batch> batches() {
    return batches;
  }

  private void keepImages(Model model, Device device, Resident resident) {
    List<ByteBuffer> blocks = source.stored();
    long bytes = blocks.stream().mapToLong(ByteBuffer::remaining).sum();
    try {
      long images = bytes / (source.height() * source.width() * 3);
      set = new ImageSet(model, images, source.height(), source.width(), capacity);
    } catch (EngineException e) {
      if (resident == Resident.YES || e.kind() != EngineException.Kind.OUT_OF_MEMORY) {
        throw e;
      }
      progress.say("batches are copied to " + device + " one by one: " + e.getMessage());
      return;
    }
    verify();
    blocks.forEach(set::append);
    progress.say(String.format(Locale.ROOT, "the images, %.2f GB, are kept on %s", bytes / GIGA, device));
  }

  private void verify() {
    try {
      source.verify(DecodeProgress.on(progress, "reading training images"));
    } finally {
      progress.end();
    }
  }

  @Override
  public void close() {
    batches.forEach(Batch::close);
    if (set != null) {
      set.close();
    }
  }
}
