/** The command line: one class a command, which turns options into a record and calls what does the work. */
package io.github.affect4j.cli;
