package io.github.affect4j.engine;

import java.nio.charset.StandardCharsets;

/**
 * Weights, images and labels as formulas of a name and an index, the same as in
 * src/test/python/parity_model.py: so the recorded fixture needs no file of weights.
 */
final class ParityFormula {
  private static final long GOLDEN = 0x9E3779B97F4A7C15L;

  private ParityFormula() {}

  /** Element {@code index} of the stream of a name: uniform in [-1, 1) with 24 random bits. */
  static double uniform(long key, int index) {
    long x = key + (index + 1L) * GOLDEN;
    x = (x ^ (x >>> 30)) * 0xBF58476D1CE4E5B9L;
    x = (x ^ (x >>> 27)) * 0x94D049BB133111EBL;
    return ((x ^ (x >>> 31)) >>> 40) * 0x1p-23 - 1;
  }

  /** Key of a stream: FNV-1a of its name. */
  static long key(String name) {
    long key = 0xCBF29CE484222325L;
    for (byte b : name.getBytes(StandardCharsets.US_ASCII)) {
      key = (key ^ (b & 0xff)) * 0x100000001B3L;
    }
    return key;
  }

  static float[] tensor(TensorInfo tensor) {
    long key = key(tensor.name());
    float[] values = new float[tensor.elements()];
    double scale = scale(tensor);
    double centre = centre(tensor.name());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (centre + scale * uniform(key, i));
    }
    return values;
  }

  private static double scale(TensorInfo tensor) {
    String name = tensor.name();
    if (tensor.shape().size() == 4) {
      return Math.sqrt(6.0 / (tensor.shape().get(0) * tensor.shape().get(2) * tensor.shape().get(3)));
    }
    if (name.startsWith("fc_")) {
      return 1 / Math.sqrt(2048.0);
    }
    if (name.endsWith("bn3.weight")) {
      return 0.01;
    }
    return centre(name) == 1 ? 0.2 : 0.1;
  }

  private static double centre(String name) {
    if (name.endsWith("bn3.weight")) {
      return 0.05;
    }
    boolean norm = name.contains("bn") || name.contains("downsample.1");
    return norm && (name.endsWith(".weight") || name.endsWith("running_var")) ? 1 : 0;
  }

  /** Fills a batch of square images; returns the sum of its pixels, a check of the formulas. */
  static long fill(Batch batch) {
    long sum = 0;
    for (int row = 0; row < batch.capacity(); row++) {
      sum += image(batch, row);
      labels(batch, row);
    }
    return sum;
  }

  private static long image(Batch batch, int row) {
    int size = batch.width();
    long noise = key("images");
    long waves = key("waves");
    long sum = 0;
    for (int i = 0; i < size * size * 3; i++) {
      int channel = i % 3;
      int wave = (row * 3 + channel) * 4;
      int y = i / 3 / size;
      int x = i / 3 % size;
      double phase = (uniform(waves, wave) * y + uniform(waves, wave + 1) * x) / 16 + uniform(waves, wave + 2);
      double triangle = Math.abs(phase - Math.floor(phase) - 0.5) * 4 - 1;
      int at = row * size * size * 3 + i;
      byte pixel = (byte) (int) Math.floor(128 + 90 * triangle + 30 * uniform(noise, at));
      batch.images().put(at, pixel);
      sum += pixel & 0xff;
    }
    return sum;
  }

  private static void labels(Batch batch, int row) {
    int size = batch.width();
    float[] crop = {row % 4, row % 3, size - 2 * (row % 4), size - 2 * (row % 3), row % 2};
    batch.crops().put(5 * row, crop);
    long key = key("labels");
    for (int d = 0; d < 2; d++) {
      batch.valenceArousal().put(2 * row + d, row % 5 == 4 ? -5 : (float) uniform(key, 16 * row + d));
    }
    double expression = Math.floor((uniform(key, 16 * row + 2) + 1) * 4);
    batch.expressions().put(row, (byte) (row % 5 == 3 ? -1 : (int) expression));
    for (int unit = 0; unit < 12; unit++) {
      double u = uniform(key, 16 * row + 4 + unit);
      batch.actionUnits().put(12 * row + unit, (byte) (u < -0.6 ? -1 : u > 0.2 ? 1 : 0));
    }
  }
}
