/**
 * The only public face of the native code: a model, its trainer, and batches of images that Java fills. One native
 * call a batch; objects are closed by their owner, and each is used by one thread at a time. docs/boundary.md says how
 * the two sides keep their contract.
 */
package io.github.affect4j.engine;
