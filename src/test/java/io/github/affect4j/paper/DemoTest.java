package io.github.affect4j.paper;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.ImageList;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.engine.Device;
import io.github.affect4j.fusion.FusionComparison;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.Progress;
import io.github.affect4j.train.Changed;
import io.github.affect4j.train.Hyperparameters;
import io.github.affect4j.train.ModelReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  private static final SyntheticOptions FACES = new SyntheticOptions(50, 50, 25, 32, 5);

  @TempDir Path folder;

  /** From drawing faces to the submission, once; then again, which must find all done. */
  @Test
  void trainsFusesAndSubmitsAndGoesOnFromWhatIsThere() throws IOException {
    Demo demo = new Demo(folder, FACES, oneShortEpoch(), Device.CPU);
    PaperReport report = demo.run(Progress.NONE);
    assertEquals(List.of("va", "expr", "au", "mtl"), report.models().stream().map(ModelReport::model).toList());
    assertTrue(report.models().stream().allMatch(m -> m.finished() && m.epochs() == 1 && m.unusableImages() > 0));
    assertEquals(2, report.validation().size());
    double all = report.models().stream().mapToDouble(ModelReport::seconds).sum() + report.dataSeconds();
    assertEquals(all / (report.dataSeconds() + report.models().get(3).seconds()), report.costRatio(), 1e-9);
    for (FusionComparison comparison : report.validation()) {
      double sum = comparison.fused().meanCcc() + comparison.fused().macroF1() + comparison.fused().meanF1();
      assertEquals(sum, comparison.fused().p(), 1e-12);
    }
    assertSubmissionFollowsTheTestList(Path.of(report.submission()));
    assertEquals(
        report.validation().get(0).fused().p(),
        Json.mapper().readTree(folder.resolve("runs/report.json").toFile())
            .at("/validation/0/fused/p").asDouble());

    byte[] weights = Files.readAllBytes(folder.resolve("runs/mtl/best.safetensors"));
    PaperReport again = demo.run(Progress.NONE);
    assertEquals(report.validation(), again.validation());
    assertArrayEquals(weights, Files.readAllBytes(folder.resolve("runs/mtl/best.safetensors")));
    assertTablesAreWrittenBeforeTheSubmission(demo);
    assertAbsentTestImagesAreToldFirst(demo);
  }

  private void assertTablesAreWrittenBeforeTheSubmission(Demo demo) throws IOException {
    Path tables = folder.resolve("runs/report.json");
    Files.delete(tables);
    for (Path image : testImages()) {
      Files.writeString(image, "damaged");
    }
    assertThrows(InputException.class, () -> demo.run(Progress.NONE));
    JsonNode report = Json.mapper().readTree(tables.toFile());
    assertEquals(2, report.at("/validation").size());
    assertTrue(report.at("/submission").isNull());
  }

  private void assertAbsentTestImagesAreToldFirst(Demo demo) throws IOException {
    for (Path image : testImages()) {
      Files.delete(image);
    }
    Files.delete(folder.resolve("runs/report.json"));
    InputException e = assertThrows(InputException.class, () -> demo.run(Progress.NONE));
    assertTrue(e.getMessage().contains("but 25 of 25 are missing or corrupt; put them there"), e.getMessage());
    assertFalse(Files.exists(folder.resolve("runs/report.json")));
  }

  private List<Path> testImages() {
    Path root = folder.resolve("data").resolve(DatasetFolder.IMAGE_FOLDER);
    return ImageList.read(folder.resolve("data").resolve(DatasetFolder.TEST_LIST_FILE)).stream()
        .distinct().map(root::resolve).filter(Files::exists).toList();
  }

  private void assertSubmissionFollowsTheTestList(Path submission) throws IOException {
    List<String> lines = Files.readAllLines(submission);
    List<String> images = ImageList.read(folder.resolve("data").resolve(DatasetFolder.TEST_LIST_FILE));
    assertEquals(images.size() + 1, lines.size());
    for (int row = 0; row < images.size(); row++) {
      String[] fields = lines.get(row + 1).split(",");
      assertEquals(16, fields.length);
      assertEquals(images.get(row), fields[0]);
    }
  }

  private static Hyperparameters oneShortEpoch() {
    return Changed.of(Demo.defaults(), Map.of("batch", 16, "epochs", 1, "threads", 1));
  }
}
