/**
 * A generator of face data with the layout, the label statistics and the faults of s-Aff-Wild2,
 * whose licence lets nobody ship the real one. The faces are drawn; results on them say that the
 * system works, nothing about people.
 */
package io.github.affect4j.data.synthetic;
