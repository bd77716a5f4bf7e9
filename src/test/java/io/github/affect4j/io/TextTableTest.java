package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TextTableTest {
  @Test
  void alignsTheFirstColumnLeftAndTheOthersRight() {
    String table = new TextTable().row("", "F1", "n").row("Anger", "0.5", 12).row("Fear", null, 3).row("x").toString();
    assertEquals(
        """
                F1   n
        Anger  0.5  12
        Fear         3
        x
        """,
        table);
  }
}
