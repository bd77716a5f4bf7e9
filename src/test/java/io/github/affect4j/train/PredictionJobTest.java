package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
    assertTold("a submission needs all three tasks", null, folder.resolve("submission.txt"));
    Path results = Files.createDirectory(folder.resolve("results"));
    assertTold(results + ": expected a file to write, but it is a folder", results, null);
    assertTold("expected a data set folder", folder.resolve("out.csv"), null);
  }

  private void assertTold(String sentence, Path out, Path submission) {
    PredictionJob job = new PredictionJob(
        folder.resolve("va.safetensors"), folder.resolve("absent"), folder.resolve("list.txt"), out, submission, folder,
        null, Device.CPU, 1, 1);
    InputException e = assertThrows(InputException.class, () -> job.run(Progress.NONE));
    assertTrue(e.getMessage().contains(sentence), e.getMessage());
  }
}
