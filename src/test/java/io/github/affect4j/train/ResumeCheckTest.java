package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.RecordingProgress;
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

  @Test
  void otherDataIsRefusedWithWhatDiffers() {
    assertEquals(otherData("labels or usable images differ: 11111111-bbbbbbbb"), refusal("11111111-bbbbbbbb"));
    assertEquals(otherData("the pixels of the images differ: aaaaaaaa-22222222"), refusal("aaaaaaaa-22222222"));
    assertEquals(
        otherData("an older release, which wrote it, kept nothing of the pixels: aaaaaaaa"), refusal("aaaaaaaa"));
  }

  private static String otherData(String difference) {
    return "run: was trained on other data (" + difference
        + ", now aaaaaaaa-bbbbbbbb); give the same --data, or start in another --out";
  }

  private static String refusal(String before) {
    TrainingState state = TrainingState.initial("mtl", OPTIONS, before);
    ResumeCheck check =
        new ResumeCheck(Path.of("run"), OPTIONS, "aaaaaaaa-bbbbbbbb", Sharing.ALONE, "cpu", Progress.NONE);
    return assertThrows(InputException.class, () -> check.check(state)).getMessage();
  }

  /** Of a resume with 2 ranks. */
  private static List<String> warnings(Sharing sharing, String before, String now) {
    RecordingProgress progress = new RecordingProgress();
    TrainingState state = TrainingState.initial("mtl", OPTIONS, "data").with(OPTIONS, sharing, before);
    new ResumeCheck(Path.of("run"), OPTIONS, "data", new Sharing(2, false), now, progress).check(state);
    return progress.lines;
  }
}
