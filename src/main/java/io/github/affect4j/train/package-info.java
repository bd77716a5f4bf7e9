/**
 * Training and prediction: schedule, epoch loop, checkpoints, run folders. Orchestration only: the
 * arithmetic is in the native layer behind {@link io.github.affect4j.engine}.
 */
package io.github.affect4j.train;
