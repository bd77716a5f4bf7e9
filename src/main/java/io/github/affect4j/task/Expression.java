package io.github.affect4j.task;

/** The 8 expression classes of s-Aff-Wild2; the ordinal is the official label. */
public enum Expression {
  NEUTRAL("Neutral"),
  ANGER("Anger"),
  DISGUST("Disgust"),
  FEAR("Fear"),
  HAPPINESS("Happiness"),
  SADNESS("Sadness"),
  SURPRISE("Surprise"),
  OTHER("Other");

  /** Number of classes, the fixed denominator of the macro F1. */
  public static final int COUNT = 8;

  private final String label;

  Expression(String label) {
    this.label = label;
  }

  /** Name as the challenge writes it. */
  public String label() {
    return label;
  }
}
