package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.affect4j.io.RecordingProgress;
import io.github.affect4j.task.ModelSpec;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ResumeCheckTest {
  private static final Hyperparameters OPTIONS = Hyperparameters.paper();

  @Test
  void anotherDeviceOrSharingIsToldOnce() {
    assertEquals(List.of(), warnings(new Sharing(2, false), "cpu", "cpu"));
    assertEquals(List.of(), warnings(new Sharing(2, false), null, "cuda"), "a file from before devices were kept");
    String rest = " so far: the weights will differ from those of an unchanged run";
    assertEquals(
        List.of("warning: resumed on cuda, but trained on cpu" + rest), warnings(new Sharing(2, false), "cpu", "cuda"));
    assertEquals(
        List.of("warning: resumed with 2 ranks, batch norm over each one's rows, but trained with 1 rank" + rest),
        warnings(Sharing.ALONE, "cpu", "cpu"));
  }

  /** Of a resume with 2 ranks. */
  private static List<String> warnings(Sharing sharing, String before, String now) {
    RecordingProgress progress = new RecordingProgress();
    TrainingState state = TrainingState.initial("mtl", OPTIONS, "data").with(OPTIONS, sharing, before);
    new ResumeCheck(Path.of("last"), ModelSpec.MTL, OPTIONS, "data", new Sharing(2, false), now, progress).check(state);
    return progress.lines;
  }
}
