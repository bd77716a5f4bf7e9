package io.github.affect4j.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.io.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ImageListTest {
  @TempDir Path dir;

  @ParameterizedTest
  @ValueSource(strings = {
    "v/1.jpg\nv/2.jpg\nv/1.jpg",
    "v/1.jpg,\r\nv/2.jpg,\r\nv/1.jpg,\r\n\r\n",
    "image,\nv/1.jpg\nv/2.jpg\nv/1.jpg\n",
    "image_location,x\nv/1.jpg,0\nv/2.jpg,0\nv/1.jpg,0\n"
  })
  void takesTheFirstFieldInOrder(String text) throws IOException {
    Path file = Files.writeString(dir.resolve("list"), text);
    assertEquals(List.of("v/1.jpg", "v/2.jpg", "v/1.jpg"), ImageList.read(file));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "\n", "image,valence,arousal,expression,aus\n"})
  void refusesAnEmptyList(String text) throws IOException {
    Path file = Files.writeString(dir.resolve("list"), text);
    InputException e = assertThrows(InputException.class, () -> ImageList.read(file));
    assertTrue(e.getMessage().contains("names no image"), e.getMessage());
  }

  /** As the test lists of the single-task challenges have them. */
  @ParameterizedTest
  @ValueSource(strings = {"video1", "12-24-1920x1080_left", "video1.mp4", "valence"})
  void refusesNamesOfVideos(String name) throws IOException {
    Path file = Files.writeString(dir.resolve("list"), "image\nflat.JPG\n" + name + ",\n");
    InputException e = assertThrows(InputException.class, () -> ImageList.read(file));
    assertEquals(file + ":3: expected an image path <video>/<frame>.jpg, got '" + name + "'; if it is a video's name,"
        + " list the video's images", e.getMessage());
  }

  @Test
  void namesTheLineOfABadPath() throws IOException {
    Path file = Files.writeString(dir.resolve("list"), "v/1.jpg\n../secret.jpg\n");
    InputException e = assertThrows(InputException.class, () -> ImageList.read(file));
    assertTrue(e.getMessage().startsWith(file + ":2: "), e.getMessage());
  }
}
