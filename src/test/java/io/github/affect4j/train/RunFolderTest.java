package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Trainer;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.RecordingProgress;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  private static final long MEGA = 1_000_000;
  private static final Hyperparameters PAPER = Hyperparameters.paper();

  @TempDir Path out;
  private RunFolder run;
  private Path options;
  private Path previous;

  @BeforeEach
  void name() {
    run = new RunFolder(out, ModelSpec.MTL);
    options = run.path().resolve("options.json");
    previous = run.path().resolve("previous.safetensors");
  }

  @Test
  void beforeTheFirstCheckpointOptionsComeBackAndWhatIsNoTextIsNamed() throws IOException {
    assertEquals(Optional.empty(), run.hyperparameters());
    run.writeOptions(PAPER.withBatch(7));
    assertEquals(PAPER.withBatch(7), run.hyperparameters().orElseThrow());
    Files.write(options, new byte[] {'{', '"', (byte) 0xff, '"', '}'});
    String refusal = assertThrows(InputException.class, run::hyperparameters).getMessage();
    assertTrue(refusal.startsWith(options + ": cannot be read: Invalid UTF-8"), refusal);
    assertTrue(refusal.endsWith("there is no checkpoint yet, so remove " + run.path() + " to train anew"), refusal);
    for (String text : List.of("", "null", "[]", "{}", "{\"lr\": null}")) {
      Files.writeString(options, text);
      refusal = assertThrows(InputException.class, run::hyperparameters).getMessage();
      assertTrue(refusal.startsWith(options + ": cannot be read: "), refusal);
    }
  }

  @Test
  void withACheckpointOptionsAreItsOwnWhateverTheirFileHas() throws IOException {
    CheckpointTest.write(run.last(), CheckpointTest.state(PAPER.withBatch(7)));
    for (String text : List.of("", "null", "{\"lr\": null}", "{\"batch\": 9}", "\0")) {
      Files.writeString(options, text);
      assertEquals(PAPER.withBatch(7), run.hyperparameters().orElseThrow(), text);
    }
    Files.delete(options);
    assertEquals(PAPER.withBatch(7), run.hyperparameters().orElseThrow());
    CheckpointTest.write(previous, CheckpointTest.state(PAPER.withBatch(8)));
    Files.writeString(run.last(), "damaged");
    assertEquals(PAPER.withBatch(8), run.hyperparameters().orElseThrow());
    Files.writeString(previous, "damaged");
    String refusal = assertThrows(InputException.class, run::hyperparameters).getMessage();
    assertTrue(refusal.contains("no checkpoint in " + run.path() + " can be used"), refusal);
  }

  /** Such as on a bad sector; without permission, however, another checkpoint is no answer. */
  @Test
  void oneThatTheDiskCannotReadFallsBackToo() throws IOException {
    CheckpointTest.write(run.last(), CheckpointTest.state(PAPER, 0.5));
    CheckpointTest.write(previous, CheckpointTest.state(PAPER));
    RecordingProgress progress = new RecordingProgress();
    RunFolder.Use badSector = failingOnLast(new IOException("Input/output error"));
    assertEquals(0, run.useNewest(badSector, progress).orElseThrow().epoch());
    String told = ": cannot be read: Input/output error; trying the checkpoint before it";
    assertEquals(List.of("warning: " + run.last() + told), progress.lines);
    assertThrows(AccessDeniedException.class,
        () -> run.useNewest(failingOnLast(new AccessDeniedException("last")), progress));
  }

  private RunFolder.Use failingOnLast(IOException failure) {
    return (file, state) -> {
      if (file.file().equals(run.last())) {
        throw failure;
      }
    };
  }

  @Test
  void tellsWhetherTheBestWeightsAreThoseOfTheBestEpoch() throws IOException {
    TrainingState finished = CheckpointTest.state(Changed.of(PAPER, Map.of("epochs", 2)), 0.5, 0.4);
    TrainingState best = CheckpointTest.state(finished.hyperparameters(), 0.5);
    assertEquals(Optional.empty(), run.problemOfBest(CheckpointTest.state(PAPER)), "none is due");
    assertEquals(run.best() + ": expected a safetensors file, but there is no such file; check the path",
        run.problemOfBest(finished).orElseThrow());
    CheckpointTest.write(run.best(), best);
    assertEquals(Optional.empty(), run.problemOfBest(finished));
    CheckpointTest.write(run.best(), finished);
    assertEquals(run.best() + ": holds the weights of epoch 2, not of the best, 1",
        run.problemOfBest(finished).orElseThrow());
    assertEquals(Optional.empty(), run.problemOfBest(best), "the epoch under way is trained again");
    Files.write(run.best(), new byte[100]);
    assertTrue(run.problemOfBest(finished).orElseThrow().contains("expected a safetensors file, but it is none"));
  }

  @Test
  void finishedIsWhatHasNoEpochLeftWithTheseOptions() throws IOException {
    Hyperparameters two = Changed.of(PAPER, Map.of("epochs", 2));
    assertFalse(run.isFinished(two));
    CheckpointTest.write(run.last(), CheckpointTest.state(two, 0.5, 0.4));
    assertTrue(run.isFinished(two));
    assertFalse(run.isFinished(Changed.of(PAPER, Map.of("epochs", 3))));
    Files.writeString(run.last(), "damaged");
    assertFalse(run.isFinished(two));
  }

  @Test
  void whatIsThereNeedsNoMoreSpaceAndCountsOnce() throws IOException {
    long all = run.bytesToCome();
    assertEquals(2 * Checkpoint.BYTES + Checkpoint.WEIGHTS_BYTES, all);
    Files.createDirectories(run.path());
    Files.write(run.last(), new byte[1000]);
    Files.createLink(previous, run.last());
    Files.write(run.path().resolve(".last.safetensors.1.tmp"), new byte[100]);
    assertEquals(all - 1100, run.bytesToCome());
  }

  /** Nothing collects direct memory where nothing fills the heap: a checkpoint must not allocate any. */
  @Test
  void savingKeepsThePreviousOneAndAllocatesNoDirectMemory() throws IOException {
    try (Model model = new Model(ModelSpec.MTL, Precision.FP32, Device.CPU, 1);
        Trainer trainer = new Trainer(model, PAPER.trainerOptions(new float[] {1, 1, 1, 1, 1, 1, 1, 1}))) {
      run.save(trainer, CheckpointTest.state(PAPER));
      assertFalse(Files.exists(previous));
      Checkpoint.writeWeights(run.best(), model, CheckpointTest.state(PAPER));
      assertSize(Checkpoint.BYTES, run.last());
      assertSize(Checkpoint.WEIGHTS_BYTES, run.best());
      long before = directBytes();
      run.save(trainer, CheckpointTest.state(PAPER, 0.5));
      long after = directBytes(); // at once: a collection would hide what was allocated
      assertTrue(after < before + MEGA, before + " bytes, then " + after);
      assertEquals(List.of(1, 0), epochs());
      damage(run.last());
      RecordingProgress progress = new RecordingProgress();
      RunFolder.Use restore = (file, state) -> Checkpoint.restore(file, trainer, state);
      assertEquals(0, run.useNewest(restore, progress).orElseThrow().epoch());
      assertTrue(progress.lines.get(0).startsWith("warning: " + run.last() + ": damaged"), progress.lines.toString());
      run.save(trainer, CheckpointTest.state(PAPER, 0.5, 0.4));
      assertEquals(List.of(2, 0), epochs(), "a damaged one is not kept in the place of a whole one");
    }
  }

  /** Of the last and the previous checkpoint. */
  private List<Integer> epochs() throws IOException {
    Path[] files = {run.last(), previous};
    int[] epochs = new int[2];
    for (int i = 0; i < 2; i++) {
      RunFolder alone = new RunFolder(out.resolve("copy" + i), ModelSpec.MTL);
      Files.createDirectories(alone.path());
      Files.deleteIfExists(alone.last());
      Files.createLink(alone.last(), files[i]);
      epochs[i] = alone.useNewest((file, state) -> {}, Progress.NONE).orElseThrow().epoch();
    }
    return List.of(epochs[0], epochs[1]);
  }

  private static void assertSize(long declared, Path file) throws IOException {
    long size = Files.size(file);
    assertTrue(size <= declared && size > 0.98 * declared, file.getFileName() + " has " + size + " bytes");
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct")).mapToLong(BufferPoolMXBean::getTotalCapacity).sum();
  }

  private static void damage(Path file) throws IOException {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(bytes.length() / 2);
      int value = bytes.read();
      bytes.seek(bytes.length() / 2);
      bytes.write(value ^ 1);
    }
  }
}
