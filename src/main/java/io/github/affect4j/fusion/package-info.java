/**
 * Prediction files in all their forms, late fusion of single-task and multi-task predictions, and smoothing over
 * the frames of a video.
 * docs/metrics.md specifies the formats.
 */
package io.github.affect4j.fusion;
