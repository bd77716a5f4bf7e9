package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.TensorInfo;
import io.github.affect4j.eval.AuThresholds;
import io.github.affect4j.eval.Predictions;
import io.github.affect4j.fusion.SubmissionFile;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Progress;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PredictionJobTest {
  @TempDir Path folder;

  @BeforeEach
  void writeModel() throws IOException {
    write(ModelSpec.single(Task.VA));
    Files.writeString(folder.resolve("list.txt"), "v/00001.jpg\n");
  }

  private void write(ModelSpec spec) throws IOException {
    try (Model model = new Model(spec, Precision.FP32, Device.CPU, 0)) {
      write(model);
    }
  }

  private void write(Model model) throws IOException {
    Weights weights = new Weights(model);
    Path file = folder.resolve(model.spec().name() + ".safetensors");
    try (SafetensorsWriter out = SafetensorsWriter.create(file, Map.of(), weights.declarations())) {
      weights.write(out);
      out.commit();
    }
  }

  /** The data set, which is missing here, is opened last: decoding it takes minutes. */
  @Test
  void whatCannotBeWrittenIsToldBeforeTheDataIsOpened() throws IOException {
    Path results = Files.createDirectory(folder.resolve("results"));
    assertTold(results + ": expected a file to write, but it is a folder", results, null);
    assertTold(results + ": expected a file to write, but it is a folder", null, results);
    assertTold("expected a data set folder", folder.resolve("out.csv"), null);
  }

  @Test
  void thresholdsDecideTheSubmissionAndLeaveTheLogitsAlone() throws IOException {
    write(ModelSpec.MTL);
    Path data = folder.resolve("data");
    SyntheticFaces.generate(data, new SyntheticOptions(50, 50, 5, 32, 1), DecodeProgress.on(Progress.NONE, "faces"));
    List<Float> everyOther =
        IntStream.range(0, ActionUnit.COUNT).mapToObj(unit -> unit % 2 == 0 ? -1e6f : 1e6f).toList();
    Path thresholds = folder.resolve("thresholds.json");
    new AuThresholds(everyOther).write(thresholds);
    predict(data, "zero.csv", null, null);
    predict(data, "raw.csv", folder.resolve("submission.txt"), thresholds);
    assertEquals(Files.readString(folder.resolve("zero.csv")), Files.readString(folder.resolve("raw.csv")));
    Predictions submitted = SubmissionFile.read(folder.resolve("submission.txt"));
    for (int i = 0; i < submitted.actionUnits().length; i++) {
      assertEquals(i % 2 == 0 ? 1 : 0, submitted.actionUnits()[i]);
    }
  }

  private void predict(Path data, String out, Path submission, Path thresholds) throws IOException {
    new PredictionJob(
            folder.resolve("mtl.safetensors"), data, data.resolve(DatasetFolder.TEST_LIST_FILE), folder.resolve(out),
            submission, thresholds, folder, null, Device.CPU, 8, 1)
        .run(Progress.NONE);
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

  /** Weights that are finite, but too large to compute with. */
  @Test
  void logitsThatAreNotFiniteNameTheImageAndWriteNothing() throws IOException {
    Path data = folder.resolve("data");
    String face = SyntheticFaces.generate(data, new SyntheticOptions(50, 50, 0, 32, 1), DecodeProgress.NONE)
        .validation().images().get(0);
    Files.writeString(folder.resolve("list.txt"), face + "\n");
    try (Model model = new Model(ModelSpec.single(Task.VA), Precision.FP32, Device.CPU, 0)) {
      TensorInfo scale = model.tensors().stream().filter(t -> t.name().equals("bn1.weight")).findFirst().orElseThrow();
      FloatBuffer large = model.scratch().slice(0, scale.elements());
      IntStream.range(0, scale.elements()).forEach(channel -> large.put(channel, 3e38f));
      model.write(scale, large);
      write(model);
    }
    Path out = folder.resolve("out.csv");
    Path submission = folder.resolve("submission.txt");
    assertTold("the va logits of row 0 (" + face + ") are not finite numbers", data, out, submission);
    assertFalse(Files.exists(out) || Files.exists(submission));
  }

  @Test
  void thresholdsWithoutActionUnitsAreRefused() throws IOException {
    Path thresholds = folder.resolve("thresholds.json");
    AuThresholds.ZERO.write(thresholds);
    PredictionJob job = job(folder.resolve("absent"), null, folder.resolve("submission.txt"), thresholds);
    InputException e = assertThrows(InputException.class, () -> job.run(Progress.NONE));
    assertTrue(e.getMessage().contains("but the model predicts only 'va'"), e.getMessage());
  }

  private void assertTold(String sentence, Path out, Path submission) {
    assertTold(sentence, folder.resolve("absent"), out, submission);
  }

  private void assertTold(String sentence, Path data, Path out, Path submission) {
    InputException e = assertThrows(InputException.class, () -> job(data, out, submission).run(Progress.NONE));
    assertTrue(e.getMessage().contains(sentence), e.getMessage());
  }

  private PredictionJob job(Path data, Path out, Path submission) {
    return job(data, out, submission, null);
  }

  private PredictionJob job(Path data, Path out, Path submission, Path thresholds) {
    return new PredictionJob(
        folder.resolve("va.safetensors"), data, folder.resolve("list.txt"), out, submission, thresholds, folder, null,
        Device.CPU, 1, 1);
  }
}
