/**
 * Files that appear whole or not at all, text rows, JSON, safetensors, progress, and the exception whose message is the
 * one sentence that a user gets.
 */
package io.github.affect4j.io;
