package io.github.affect4j.data.synthetic;

/** Names of the independent random streams of a data set. */
final class Streams {
  static final long IDENTITY = 1;
  static final long POSE = 2;
  static final long AFFECT = 3;
  static final long LABELS = 4;
  static final long SENSOR = 5;

  private Streams() {}
}
