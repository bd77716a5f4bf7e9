package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.RecordingProgress;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTest {
  @TempDir Path folder;
  private final RecordingProgress progress = new RecordingProgress();

  /** The data set's folder is empty: whatever looks there first says so. */
  @Test
  void aMissingInitIsFoundBeforeTheDataAreRead() throws IOException {
    assertEquals(
        "absent.safetensors: expected a safetensors file, but there is no such file; check the path",
        refusal("absent.safetensors"));
    assertTrue(refusal("no\0path").startsWith("--init must be"));
    Files.createDirectories(folder.resolve("out/mtl"));
    Files.createFile(folder.resolve("out/mtl/last.safetensors"));
    assertTrue(refusal("absent.safetensors").startsWith(folder.toString()), "a run that goes on needs it no more");
  }

  @Test
  void anInitThatCannotBeUsedIsToldBeforeTheDataAreRead() throws IOException {
    assertTrue(refusal("/dev/zero").startsWith("/dev/zero: expected a safetensors file, but it is a device"));
    Path pickle = Files.writeString(folder.resolve("resnet50.pth"), "PK\3\4 and so on");
    assertTrue(
        refusal(pickle.toString()).startsWith(pickle + ": expected a safetensors file, but it is a zip archive"));
    try (Model model = new Model(ModelSpec.single(Task.VA), Precision.FP32, Device.CPU, 0)) {
      Path other = new TensorsOnDisk(model.tensors()).with("layer3.6.conv1.weight", 1L).write(folder.resolve("other"));
      assertTrue(refusal(other.toString()).startsWith(other + ": is of another network than ResNet-50, which"));
      Path spoilt = new TensorsOnDisk(model.tensors()).write(folder.resolve("spoilt"));
      TensorsOnDisk.put(spoilt, "bn1.running_var", 3, -1);
      assertTrue(
          refusal(spoilt.toString()).startsWith(spoilt + ": tensor 'bn1.running_var' cannot be used: element 3"));
    }
  }

  /** Threads are the machine's: those of another one would starve this one's processors, or crowd them. */
  @Test
  void aResumeTakesTheRunsOptionsButNotItsThreads() throws IOException {
    Hyperparameters paper = Hyperparameters.paper();
    Hyperparameters run = paper.withBatch(7).withThreads(paper.threads() == 1 ? 2 : 1);
    new RunFolder(folder, ModelSpec.MTL).writeOptions(run);
    assertEquals(paper.withBatch(7), Training.stored(folder, ModelSpec.all()).orElseThrow());
  }

  @Test
  void aDiskWithoutRoomForTheCheckpointsIsToldBeforeTraining() throws IOException {
    assertEquals(folder.resolve("out") + ": its disk has 946 MB free, but the checkpoints and best weights of this "
        + "training need 947 MB; make room, or choose another --out", noSpace(946_999_999, ModelSpec.MTL));
    training(ModelSpec.MTL).requireSpace(947_000_000);
    training(ModelSpec.MTL).requireSpace(-1);
    String two = noSpace(0, ModelSpec.MTL, ModelSpec.single(Task.VA));
    assertTrue(two.contains("need 1610 MB"), "5 checkpoints, 2 best: " + two);
    Hyperparameters paper = Hyperparameters.paper();
    RunFolder run = new RunFolder(folder.resolve("out"), ModelSpec.MTL);
    CheckpointTest.write(run.last(), CheckpointTest.state(paper, new double[29]));
    Files.write(run.path().resolve("previous.safetensors"), new byte[10_000_000]);
    assertTrue(noSpace(0, ModelSpec.MTL).contains("need 937 MB"), "less what is there");
    CheckpointTest.write(run.last(), CheckpointTest.state(paper, new double[30]));
    training(ModelSpec.MTL).requireSpace(0);
  }

  private String noSpace(long usable, ModelSpec... specs) {
    return assertThrows(InputException.class, () -> training(specs).requireSpace(usable)).getMessage();
  }

  private Training training(ModelSpec... specs) {
    return new Training(
        new TrainingRequest(folder, folder.resolve("out"), folder, List.of(specs), Hyperparameters.paper(), Device.CPU,
            Resident.AUTO, true, 0, 0),
        progress);
  }

  @Test
  void aRunThatBeginsSaysThatItsWeightsAreRandom() throws IOException {
    String told = "weights begin random; the paper's begin from ImageNet's, which --init takes";
    refusal("");
    assertEquals(List.of(told), progress.lines);
    progress.lines.clear();
    Path init = Files.createFile(folder.resolve("init.safetensors"));
    refusal(init.toString());
    Files.createDirectories(folder.resolve("out/mtl"));
    Files.createFile(folder.resolve("out/mtl/last.safetensors"));
    refusal("");
    assertEquals(List.of(), progress.lines);
  }

  private String refusal(String init) {
    Hyperparameters options = Changed.of(Hyperparameters.paper(), Map.of("init", init));
    TrainingRequest request = new TrainingRequest(
        folder, folder.resolve("out"), folder, List.of(ModelSpec.MTL), options, Device.CPU, Resident.AUTO, true, 0, 0);
    return assertThrows(InputException.class, () -> new Training(request, progress).run()).getMessage();
  }
}
