/**
 * Prediction files in all their forms, and late fusion of single-task and multi-task predictions.
 * docs/metrics.md specifies the formats.
 */
package io.github.affect4j.fusion;
