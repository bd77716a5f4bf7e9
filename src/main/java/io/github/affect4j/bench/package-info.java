/**
 * How fast the native step is on this machine, and how far from the machine's roof. One process
 * measures one thing, so that its peak memory is that thing's.
 */
package io.github.affect4j.bench;
