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
import java.util.List;
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
  void aFullDiskIsOneSentenceAndLeavesTheOldContent() throws Exception {
    Path target = Files.writeString(dir.resolve("t"), "old");
    FullDisk.during(2, () -> {
      InputException e = assertThrows(InputException.class, () -> AtomicFile.writeText(target, "new"));
      assertTrue(e.getMessage().startsWith(target + ": cannot be written: "), e.getMessage());
    });
    assertEquals("old", Files.readString(target));
    assertEquals(1, entries(dir));
  }

  @Test
  void noNameIsThatOfAProcessId() throws IOException {
    Path planted =
        Files.writeString(dir.resolve(".t." + ProcessHandle.current().pid() + ".tmp"), "another container's");
    AtomicFile.writeText(dir.resolve("t"), "whole");
    assertEquals("another container's", Files.readString(planted));
  }

  /** Two processes, or two containers in which both have the same id, write the same file. */
  @Test
  void whatAnotherProcessIsWritingStaysHowOldSoever() throws Exception {
    Path target = dir.resolve("t");
    Writer other = Writer.start(target);
    Path half = only(dir);
    age(half);
    AtomicFile.writeText(target, "mine");
    assertTrue(Files.exists(half), "its writer lives");
    assertEquals("mine", Files.readString(target));
    other.finish();
    assertEquals("the other's", Files.readString(target));
    assertEquals(1, entries(dir));
  }

  @Test
  void whatAKilledProcessLeftIsRemovedOnceItIsOld() throws Exception {
    Path target = dir.resolve("t");
    Writer.start(target).kill();
    Path half = only(dir);
    AtomicFile.writeText(target, "whole");
    assertTrue(Files.exists(half), "a file system may not show another machine's locks");
    age(half);
    AtomicFile.writeText(target, "whole");
    assertEquals(1, entries(dir));
  }

  @Test
  void onlyHalvesOfTheSameFileAreRemoved() throws IOException {
    for (String name : List.of(".t.123.tmp", ".other.0123456789abcdef.tmp", ".t.notes.tmp", ".t.tmp", ".t..tmp")) {
      age(Files.writeString(dir.resolve(name), "half"));
    }
    age(Files.createDirectory(dir.resolve(".t.456.tmp")));
    AtomicFile.writeText(dir.resolve("t"), "whole");
    assertTrue(Files.notExists(dir.resolve(".t.123.tmp")), "of an earlier version");
    assertEquals(6, entries(dir));
  }

  @Test
  void whatWasRemovedWhileItWasWrittenIsSaidSo() throws IOException {
    try (AtomicFile file = AtomicFile.create(dir.resolve("t"))) {
      Files.delete(only(dir)); // as another machine would that sees no locks
      String message = assertThrows(IOException.class, file::commit).getMessage();
      assertTrue(message.startsWith("another process has removed .t."), message);
    }
    assertEquals(0, entries(dir));
  }

  private static void age(Path file) throws IOException {
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
  }

  private static Path only(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      List<Path> all = files.toList();
      assertEquals(1, all.size(), all::toString);
      return all.get(0);
    }
  }

  /** A process that has begun to write a file and waits. */
  record Writer(Process process) {
    public static void main(String[] arguments) throws IOException {
      try (AtomicFile file = AtomicFile.create(Path.of(arguments[0]))) {
        file.channel().write(ByteBuffer.wrap("the other's".getBytes()));
        System.out.println("begun");
        System.in.read();
        file.commit();
      }
    }

    static Writer start(Path target) throws IOException {
      Process process =
          new ProcessBuilder(
                  System.getProperty("java.home") + "/bin/java", "-XX:TieredStopAtLevel=1", "-cp",
                  System.getProperty("java.class.path"), Writer.class.getName(), target.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      assertEquals("begun", process.inputReader().readLine());
      return new Writer(process);
    }

    void finish() throws IOException, InterruptedException {
      process.outputWriter().append('\n').flush();
      assertEquals(0, process.waitFor());
    }

    void kill() throws InterruptedException {
      process.destroyForcibly().waitFor();
    }
  }

  private static long entries(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.count();
    }
  }
}
