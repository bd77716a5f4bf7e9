package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FaceDataTest {
  private final TinyFaces training = new TinyFaces(1, 23);
  private final TinyFaces validation = new TinyFaces(2, 12);
  private final FaceData data = TinyFaces.data(training, validation);
  private final String before = data.fingerprint();

  @Test
  void theFingerprintTellsPixelsFromLabels() {
    assertTrue(before.matches("[0-9a-f]{8}-[0-9a-f]{8}"), before);
    training.exchange(1, 2);
    String exchanged = data.fingerprint();
    assertEquals(before.substring(0, 9), exchanged.substring(0, 9));
    assertNotEquals(before, exchanged);
    training.exchange(1, 2);
    assertEquals(before, data.fingerprint());
    training.labels.expression()[4]++;
    assertEquals(before.substring(8), data.fingerprint().substring(8));
    assertNotEquals(before, data.fingerprint());
  }

  @Test
  void validationImagesCountToo() {
    validation.exchange(1, 2);
    assertNotEquals(before, data.fingerprint());
  }
}
