package io.github.affect4j.data.synthetic;

/**
 * What to generate.
 *
 * @param training images of the training set, at least 50
 * @param validation images of the validation set, at least 50; other people than in training
 * @param test images of the test list, 0 or more; other people again
 * @param size height and width in pixels, 32 to 1024; officially 112
 * @param seed the same options give the same files, byte for byte
 */
public record SyntheticOptions(int training, int validation, int test, int size, long seed) {
  /** A data set that takes seconds to make: 2000 + 500 + 200 images of 112 x 112. */
  public static final SyntheticOptions DEFAULT = new SyntheticOptions(2000, 500, 200, 112, 1);

  private static final int SMALLEST_SET = 50;
  private static final int LARGEST_SET = 1_000_000;

  public SyntheticOptions {
    require("training images", training, SMALLEST_SET, LARGEST_SET);
    require("validation images", validation, SMALLEST_SET, LARGEST_SET);
    require("test images", test, 0, LARGEST_SET);
    require("pixels a side", size, 32, 1024);
  }

  private static void require(String what, int value, int smallest, int largest) {
    if (value < smallest || value > largest) {
      throw new IllegalArgumentException("expected " + smallest + " to " + largest + " " + what + ", got " + value);
    }
  }

  /** Images that will be listed, of all three sets. */
  public int total() {
    return training + validation + test;
  }
}
