package io.github.affect4j.eval;

/**
 * Accumulates pairs (prediction, label) and gives their concordance correlation coefficient (Lin,
 * 1989) with population moments:
 *
 * <pre>CCC = 2 cov(x, y) / (var(x) + var(y) + (mean(x) - mean(y))^2)</pre>
 *
 * Central moments are updated by Welford's recurrence and merged by Chan's formula, so no
 * difference of large sums occurs. Not safe for use by several threads.
 */
public final class Concordance {
  private long count;
  private double meanX;
  private double meanY;
  private double squaresX;
  private double squaresY;
  private double products;

  /**
   * The coefficient of two columns, in [-1, 1]; 0 where it is undefined, see {@link #ccc()}.
   *
   * @param predictions n values, of a size whose square is finite ({@link Predictions#LARGEST_AFFECT} is)
   * @param labels n values, likewise
   * @throws IllegalArgumentException if the columns differ in length
   */
  public static double of(double[] predictions, double[] labels) {
    if (predictions.length != labels.length) {
      throw new IllegalArgumentException(predictions.length + " predictions for " + labels.length + " labels");
    }
    Concordance concordance = new Concordance();
    for (int row = 0; row < labels.length; row++) {
      concordance.add(predictions[row], labels[row]);
    }
    return concordance.ccc();
  }

  /** Adds one pair. */
  public void add(double prediction, double label) {
    count++;
    double deltaX = prediction - meanX;
    double deltaY = label - meanY;
    meanX += deltaX / count;
    meanY += deltaY / count;
    squaresX += deltaX * (prediction - meanX);
    squaresY += deltaY * (label - meanY);
    products += deltaX * (label - meanY);
  }

  /** Adds all pairs of another accumulator. */
  public void add(Concordance other) {
    if (other.count == 0) {
      return;
    }
    long total = count + other.count;
    double share = (double) other.count / total;
    double deltaX = other.meanX - meanX;
    double deltaY = other.meanY - meanY;
    squaresX += other.squaresX + deltaX * deltaX * count * share;
    squaresY += other.squaresY + deltaY * deltaY * count * share;
    products += other.products + deltaX * deltaY * count * share;
    meanX += deltaX * share;
    meanY += deltaY * share;
    count = total;
  }

  /** Number of pairs. */
  public long count() {
    return count;
  }

  /**
   * The coefficient, in [-1, 1]. It is 0 when there is no pair, and when predictions and labels are
   * the same constant (0/0 in the formula: a constant shows no concordance).
   */
  public double ccc() {
    if (count == 0) {
      return 0;
    }
    double shift = meanX - meanY;
    double denominator = squaresX / count + squaresY / count + shift * shift;
    return denominator == 0 ? 0 : 2 * (products / count) / denominator;
  }
}
