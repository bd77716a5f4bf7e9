package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void whatMovesTheCursorOrTurnsTheTextIsTakenOut() {
    String hostile = "a\033[2Jb\rc\u009bd\u202ee\u2028f\0g\ud800h\u200fi";
    assertEquals("a?[2Jb?c?d?e?f?g?h?i", Printable.line(hostile));
    assertEquals("one?two\tthree", Printable.line("one\ntwo\tthree"));
    assertEquals("one\ntwo?\n", Printable.lines("one\ntwo\007\n"));
  }

  @Test
  void whatIsTextStays() {
    String text = "grüezi 顔/😀.jpg …, 'quoted' \"too\"";
    assertEquals(text, Printable.line(text));
    assertEquals(text, Printable.lines(text));
  }

  @Test
  void ofALongLineItsBeginAndEndAreRead() {
    String line = Printable.line("FILE:3: got " + "x".repeat(30_000_000) + "; pack again");
    assertTrue(line.startsWith("FILE:3: got x") && line.endsWith("x; pack again"), line);
    assertTrue(line.length() < 2100, "" + line.length());
    assertEquals("y".repeat(2000), Printable.line("y".repeat(2000)));
  }

  @Test
  void aLongValueLeavesTheSentenceWhole() {
    assertEquals("'" + "x".repeat(80) + "'", Printable.quote("x".repeat(80)));
    assertEquals("'" + "x".repeat(80) + "…'", Printable.quote("x".repeat(81)));
  }
}
