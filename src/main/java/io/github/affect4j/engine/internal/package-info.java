/**
 * Behind {@link io.github.affect4j.engine}: native handles, argument checks, codes turned into exceptions. Not for
 * users.
 */
package io.github.affect4j.engine.internal;
