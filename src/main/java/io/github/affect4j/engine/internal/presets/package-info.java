/** What JavaCPP reads while it generates the JNI code. Not for users. */
package io.github.affect4j.engine.internal.presets;
