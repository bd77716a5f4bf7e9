/** Starts, watches and restarts the ranks of a training run on this machine. */
package io.github.affect4j.launch;
