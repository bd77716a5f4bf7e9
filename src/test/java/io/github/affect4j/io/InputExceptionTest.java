package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputExceptionTest {
  @TempDir Path dir;

  /** Java's messages of the first three are the bare name of the file. */
  @Test
  void reasonsAreInWords() {
    assertEquals("no permission for /f", InputException.reason(new AccessDeniedException("/f")));
    assertEquals("there is no /f", InputException.reason(new NoSuchFileException("/f")));
    assertEquals("/f is a file", InputException.reason(new FileAlreadyExistsException("/f")));
    assertEquals(
        "Too many open files", InputException.reason(new FileSystemException("/f", null, "Too many open files")));
    assertEquals("No space left on device", InputException.reason(new IOException("No space left on device")));
  }

  @Test
  void aFolderThatCannotBeReachedIsNotCalledAbsent() throws IOException {
    Path loop = Files.createSymbolicLink(dir.resolve("loop"), Path.of("loop"));
    String expected = ": expected a data set folder, but ";
    assertEquals(
        loop.resolve("d") + expected + "it cannot be reached: no permission, or a loop of links; check the path",
        InputException.noFolder(loop.resolve("d"), "a data set folder").getMessage());
    assertEquals(
        dir.resolve("d") + expected + "there is none; check the path",
        InputException.noFolder(dir.resolve("d"), "a data set folder").getMessage());
  }
}
