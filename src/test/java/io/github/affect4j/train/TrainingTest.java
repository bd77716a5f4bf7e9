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
    assertTrue(refusal(pickle.toString()).startsWith(pickle + ": expected a safetensors file, but it is a zip archive"));
    try (Model model = new Model(ModelSpec.single(Task.VA), Precision.FP32, Device.CPU, 0)) {
      Path other = new TensorsOnDisk(model.tensors()).with("layer3.6.conv1.weight", 1L).write(folder.resolve("other"));
      assertTrue(refusal(other.toString()).startsWith(other + ": is of another network than ResNet-50, which"));
      Path spoilt = new TensorsOnDisk(model.tensors()).write(folder.resolve("spoilt"));
      TensorsOnDisk.put(spoilt, "bn1.running_var", 3, -1);
      assertTrue(refusal(spoilt.toString()).startsWith(spoilt + ": tensor 'bn1.running_var' cannot be used: element 3"));
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
