/**
 * The challenge metric P and its parts, confidence intervals and reports: pure functions of labels
 * and predictions. docs/metrics.md defines every figure.
 */
package io.github.affect4j.eval;
