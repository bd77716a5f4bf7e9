package io.github.affect4j.train;

/** Whether a data set's decoded images are kept on the device that trains, instead of copied batch by batch. */
public enum Resident {
  /** On a GPU where they fit into its memory. */
  AUTO,
  /** Always; an error where they do not fit. */
  YES,
  /** Never. */
  NO
}
