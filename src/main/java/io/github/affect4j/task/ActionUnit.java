package io.github.affect4j.task;

/** The 12 annotated action units of s-Aff-Wild2, in the official column order. */
public enum ActionUnit {
  AU1,
  AU2,
  AU4,
  AU6,
  AU7,
  AU10,
  AU12,
  AU15,
  AU23,
  AU24,
  AU25,
  AU26;

  /** Number of action units, the fixed denominator of the mean F1. */
  public static final int COUNT = 12;
}
