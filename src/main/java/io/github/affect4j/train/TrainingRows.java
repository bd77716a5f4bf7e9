package io.github.affect4j.train;

/** Which labelled rows of the training set a model is trained on. */
public enum TrainingRows {
  /** Those with a label of at least one of the model's tasks; what is missing in a row is masked. */
  ANY,
  /** Those of them that lack no label of any task that the training set has labels of. */
  COMPLETE
}
