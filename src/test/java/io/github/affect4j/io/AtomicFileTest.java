package io.github.affect4j.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path dir;

  @Test
  void appearsWholeAndMakesItsFolders() throws IOException {
    Path target = dir.resolve("a/b/c.txt");
    AtomicFile.writeText(target, "grüezi\n");
    assertEquals("grüezi\n", Files.readString(target));
    assertEquals(1, entries(target.getParent()));
  }

  /** No one may make files in Linux's /proc. */
  @Test
  void aFolderThatTakesNoFileIsSaidSo() {
    InputException e = assertThrows(InputException.class, () -> AtomicFile.create(Path.of("/proc/affect4j.txt")));
    assertTrue(e.getMessage().startsWith("/proc/affect4j.txt: cannot be written: "), e.getMessage());
  }

  @Test
  void withoutCommitTheOldContentStaysAndNothingElse() throws IOException {
    Path target = Files.writeString(dir.resolve("t"), "old");
    try (AtomicFile file = AtomicFile.create(target)) {
      file.channel().write(ByteBuffer.wrap(new byte[100]));
    }
    assertEquals("old", Files.readString(target));
    assertEquals(1, entries(dir));
  }

  @Test
  void aFolderAsTargetAndAFileAsFolderAreExplained() throws IOException {
    String message = assertThrows(InputException.class, () -> AtomicFile.writeText(dir, "x")).getMessage();
    assertTrue(message.contains("it is a folder"), message);
    Path file = Files.writeString(dir.resolve("f"), "");
    message = assertThrows(InputException.class, () -> AtomicFile.writeText(file.resolve("x"), "x")).getMessage();
    assertTrue(message.contains(file + " is a file"), message);
  }

  @Test
  void aLinkStaysAndItsTargetIsWritten() throws IOException {
    Path elsewhere = Files.createDirectory(dir.resolve("elsewhere"));
    Path old = Files.writeString(elsewhere.resolve("old"), "old");
    for (Path target : new Path[] {old, elsewhere.resolve("new")}) {
      Path link = dir.resolve("link-to-" + target.getFileName());
      Files.createSymbolicLink(link, Path.of("elsewhere").resolve(target.getFileName()));
      AtomicFile.writeText(link, "content");
      assertTrue(Files.isSymbolicLink(link));
      assertEquals("content", Files.readString(target));
    }
    assertEquals(2, entries(elsewhere));
  }

  @Test
  void aPipeIsRefusedAndStays() throws IOException, InterruptedException {
    Path pipe = dir.resolve("pipe");
    assumeTrue(new ProcessBuilder("mkfifo", pipe.toString()).inheritIO().start().waitFor() == 0, "no mkfifo here");
    Path link = Files.createSymbolicLink(dir.resolve("link"), pipe);
    for (Path target : new Path[] {pipe, link}) {
      InputException e = assertThrows(InputException.class, () -> AtomicFile.requireWritable(target));
      assertTrue(e.getMessage().startsWith(pipe + ": expected a regular file to write"), e.getMessage());
    }
    assertFalse(Files.isRegularFile(pipe));
    assertEquals(2, entries(dir));
  }

  @Test
  void askingWhetherAFileCanBeWrittenLeavesItAsItIs() throws IOException {
    Path target = Files.writeString(dir.resolve("t"), "old");
    AtomicFile.requireWritable(target);
    AtomicFile.requireWritable(dir.resolve("new"));
    assertEquals("old", Files.readString(target));
    assertEquals(1, entries(dir));
    assertThrows(InputException.class, () -> AtomicFile.requireWritable(dir));
  }

  @Test
  void aFullDiskIsOneSentenceAndLeavesTheOldContent() throws IOException {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full), "no /dev/full here");
    Path target = Files.writeString(dir.resolve("t"), "old");
    Files.createSymbolicLink(dir.resolve(".t." + ProcessHandle.current().pid() + ".tmp"), full);
    InputException e = assertThrows(InputException.class, () -> AtomicFile.writeText(target, "new"));
    assertTrue(e.getMessage().startsWith(target + ": cannot be written: "), e.getMessage());
    assertEquals("old", Files.readString(target));
    assertEquals(1, entries(dir));
  }

  @Test
  void whatAKilledProcessLeftIsRemovedOnceItIsOld() throws IOException {
    FileTime old = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
    String dead = "." + Long.MAX_VALUE / 100;
    String alive = "." + ProcessHandle.current().parent().orElseThrow().pid();
    for (String name : new String[] {".t" + dead, ".other" + dead, ".t" + alive, ".t.notes"}) {
      Files.setLastModifiedTime(Files.writeString(dir.resolve(name + ".tmp"), "half"), old);
    }
    Path fresh = Files.writeString(dir.resolve(".t" + dead + "0.tmp"), "half");

    AtomicFile.writeText(dir.resolve("t"), "whole");

    assertTrue(Files.notExists(dir.resolve(".t" + dead + ".tmp")), "its process is dead, and it is old");
    assertTrue(Files.exists(fresh), "another machine may be writing it");
    assertTrue(Files.exists(dir.resolve(".t" + alive + ".tmp")), "its process lives");
    assertTrue(Files.exists(dir.resolve(".other" + dead + ".tmp")), "another file's");
    assertTrue(Files.exists(dir.resolve(".t.notes.tmp")), "not ours");
  }

  private static long entries(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }
}
