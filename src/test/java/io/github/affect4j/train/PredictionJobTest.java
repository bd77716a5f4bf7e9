package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionJobTest {
  @TempDir Path folder;

  @BeforeEach
  void writeModel() throws IOException {
    try (Model model = new Model(ModelSpec.single(Task.VA), Precision.FP32, Device.CPU, 0)) {
      Weights weights = new Weights(model);
      try (SafetensorsWriter out =
          SafetensorsWriter.create(folder.resolve("va.safetensors"), Map.of(), weights.declarations())) {
        weights.write(out);
        out.commit();
      }
    }
    Files.writeString(folder.resolve("list.txt"), "v/00001.jpg\n");
  }

  /** The data set, which is missing here, is opened last: decoding it takes minutes. */
  @Test
  void whatCannotBeWrittenIsToldBeforeTheDataIsOpened() throws IOException {
    Path results = Files.createDirectory(folder.resolve("results"));
    assertTold(results + ": expected a file to write, but it is a folder", results, null);
    assertTold(results + ": expected a file to write, but it is a folder", null, results);
    assertTold("expected a data set folder", folder.resolve("out.csv"), null);
  }

  /** As where the test images have a tree of their own: its predictions would be those of one face, or of none. */
  @Test
  void aListWithoutMostOfItsImagesIsRefused() throws IOException {
    Path data = folder.resolve("data");
    String face = SyntheticFaces.generate(data, new SyntheticOptions(50, 50, 0, 32, 1), DecodeProgress.NONE)
        .validation().images().get(0);
    Path out = folder.resolve("out.csv");
    Files.writeString(folder.resolve("list.txt"), face + "\nt/00001.jpg\nt/00002.jpg\n");
    assertTold("expected its images in " + data + ", but 2 of 3 are missing or corrupt;", data, out, null);
    assertFalse(Files.exists(out));
    Files.writeString(folder.resolve("list.txt"), face + "\nt/00001.jpg\n");
    assertEquals(1, job(data, out, null).run(Progress.NONE).substituted());
  }

  private void assertTold(String sentence, Path out, Path submission) {
    assertTold(sentence, folder.resolve("absent"), out, submission);
  }

  private void assertTold(String sentence, Path data, Path out, Path submission) {
    InputException e = assertThrows(InputException.class, () -> job(data, out, submission).run(Progress.NONE));
    assertTrue(e.getMessage().contains(sentence), e.getMessage());
  }

  private PredictionJob job(Path data, Path out, Path submission) {
    return new PredictionJob(
        folder.resolve("va.safetensors"), data, folder.resolve("list.txt"), out, submission, folder, null,
        Device.CPU, 1, 1);
  }
}
