package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.data.CropRange;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.eval.Evaluation;
import io.github.affect4j.eval.Protocol;
import io.github.affect4j.fusion.RawPredictions;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.RecordingProgress;
import io.github.affect4j.io.TensorFile;
import io.github.affect4j.task.ActionUnit;
import io.github.affect4j.task.LabelSet;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
  private static final BooleanSupplier NEVER = () -> false;
  private static final Map<String, ?> ALL = Map.of("protocol", Protocol.ALL);
  private static final Map<String, ?> COMPLETE = Map.of("rows", TrainingRows.COMPLETE);

  @TempDir static Path shared;
  @TempDir Path folder;
  private final RecordingProgress progress = new RecordingProgress();

  /** A run of one epoch at rate 1e-3, made once: most tests only need its files. */
  @BeforeAll
  static void trainOnce() throws IOException {
    TrainingRequest request =
        new TrainingRequest(
            shared, shared, shared, List.of(ModelSpec.MTL), options(1e-3, 1), Device.CPU, Resident.AUTO, false, 0, 0);
    new TrainingRun(ModelSpec.MTL, request, TinyFaces.data(), Team.alone(), new RecordingProgress(), NEVER).run();
  }

  private void copyShared() throws IOException {
    Files.createDirectories(folder.resolve("mtl"));
    try (Stream<Path> files = Files.list(shared.resolve("mtl"))) {
      for (Path file : files.toList()) {
        Files.copy(file, folder.resolve("mtl").resolve(file.getFileName()));
      }
    }
  }

  @Test
  void interruptedEverywhereAndResumedEndsBitIdentical() throws IOException {
    Path undisturbed = folder.resolve("undisturbed");
    Path broken = folder.resolve("broken");
    Hyperparameters options = options(1e-3, 2);
    run(undisturbed, options, false, NEVER);
    int processes = 0;
    boolean finished = false;
    while (!finished) {
      // Stops at another place each time: between steps, before and within validation.
      finished = run(broken, options, true, after(4 + processes % 3)).finished();
      processes++;
    }
    assertTrue(processes >= 3, processes + " processes");
    for (String name : List.of("last.safetensors", "best.safetensors")) {
      assertSameTensors(undisturbed.resolve("mtl").resolve(name), broken.resolve("mtl").resolve(name));
    }
    assertEquals(log(undisturbed), log(broken));
  }

  @Test
  void checkpointsWithinAnEpochLeaveTheResultAlone() throws IOException {
    TrainingRequest often = request(folder.resolve("b"), options(1e-3, 1), false, 1);
    new TrainingRun(ModelSpec.MTL, often, TinyFaces.data(), Team.alone(), progress, NEVER).run();
    assertSameTensors(shared.resolve("mtl/last.safetensors"), folder.resolve("b/mtl/last.safetensors"));
    assertTrue(Files.exists(folder.resolve("b/mtl/previous.safetensors")));
  }

  @Test
  void imagesKeptOnTheDeviceLeaveTheResultAlone() throws IOException {
    TrainingRequest resident = request(folder.resolve("r"), options(1e-3, 1), Resident.YES, false, 0);
    new TrainingRun(ModelSpec.MTL, resident, TinyFaces.data(), Team.alone(), progress, NEVER).run();
    assertSameTensors(shared.resolve("mtl/last.safetensors"), folder.resolve("r/mtl/last.safetensors"));
    assertTrue(progress.lines.stream().anyMatch(line -> line.endsWith("kept on cpu")), progress.lines.toString());
  }

  @Test
  void lossFallsAndLogTellsIt() throws IOException {
    TrainingState state = run(folder, options(1e-3, 4), false, NEVER);
    EpochRecord first = state.history().get(0);
    EpochRecord latest = state.history().get(3);
    assertTrue(latest.loss() < 0.8 * first.loss(), first.loss() + " -> " + latest.loss());
    List<String> csv = Files.readAllLines(folder.resolve("mtl/metrics.csv"));
    assertEquals(5, csv.size());
    assertTrue(csv.get(0).startsWith("epoch,steps,learning_rate,loss,"), csv.get(0));
    assertEquals(4, Files.readAllLines(folder.resolve("mtl/metrics.jsonl")).size());
    assertTrue(Files.readString(folder.resolve("mtl/quarantine.csv")).contains("made so"));
  }

  /** Torchvision's random weights, but for the residual blocks, which begin as the identity. */
  @Test
  void rateZeroChangesNoInitialParameter() throws IOException {
    Hyperparameters options = options(0, 1);
    run(folder, options, false, NEVER);
    Map<String, float[]> trained = TensorFile.tensors(folder.resolve("mtl/last.safetensors"));
    try (Model fresh = new Model(ModelSpec.MTL, Precision.FP32, Device.CPU, options.seed())) {
      FloatBuffer scratch = fresh.scratch();
      fresh.tensors().stream().filter(t -> t.trainable()).forEach(tensor -> {
        float[] values = new float[tensor.elements()];
        fresh.read(tensor, scratch.slice(0, values.length));
        scratch.get(0, values);
        if (tensor.name().endsWith("bn3.weight")) {
          Arrays.fill(values, 0);
        }
        assertArrayEquals(values, trained.get(tensor.name()), tensor.name());
      });
    }
  }

  @Test
  void damagedLastFallsBackToThePreviousOne() throws IOException {
    copyShared();
    Files.copy(folder.resolve("mtl/last.safetensors"), folder.resolve("mtl/previous.safetensors"));
    flipByte(folder.resolve("mtl/last.safetensors"));
    TrainingState state = run(folder, options(1e-3, 2), true, NEVER);
    assertTrue(state.finished());
    assertTrue(progress.lines.stream().anyMatch(l -> l.startsWith("warning:") && l.contains("damaged")));
    assertTrue(progress.lines.stream().anyMatch(l -> l.contains("resumed at epoch 2")));
  }

  @Test
  void allCheckpointsDamagedIsAnError() throws IOException {
    copyShared();
    Files.writeString(folder.resolve("mtl/last.safetensors"), "not a checkpoint");
    InputException e = assertThrows(InputException.class, () -> run(folder, options(1e-3, 1), true, NEVER));
    assertTrue(e.getMessage().contains("no checkpoint in"), e.getMessage());
  }

  @Test
  void resumeWithOtherOptionsIsRefusedWhereTheResultWouldChange() throws IOException {
    copyShared();
    InputException e = assertThrows(InputException.class, () -> run(folder, options(2e-3, 1), true, NEVER));
    assertTrue(e.getMessage().contains("--lr 0.001, not 0.002"), e.getMessage());
    Hyperparameters otherProtocol = Changed.of(options(1e-3, 2), ALL);
    e = assertThrows(InputException.class, () -> run(folder, otherProtocol, true, NEVER));
    assertTrue(e.getMessage().contains("--protocol \"each\", not \"all\""), e.getMessage());
    Hyperparameters otherRows = Changed.of(options(1e-3, 2), COMPLETE);
    e = assertThrows(InputException.class, () -> run(folder, otherRows, true, NEVER));
    assertTrue(e.getMessage().contains("--rows \"ANY\", not \"COMPLETE\""), e.getMessage());
    assertEquals(2, run(folder, options(1e-3, 2).withThreads(2), true, NEVER).epoch());
    assertTrue(progress.lines.stream().noneMatch(line -> line.startsWith("warning:")), progress.lines.toString());
  }

  @Test
  void resumeWithOtherDataIsRefused() throws IOException {
    copyShared();
    TinyFaces other = new TinyFaces(1, 23);
    other.exchange(5, 6);
    FaceData data = TinyFaces.data(other, new TinyFaces(2, 12));
    TrainingRun run =
        new TrainingRun(ModelSpec.MTL, request(folder, options(1e-3, 1), true, 0), data, Team.alone(), progress, NEVER);
    InputException e = assertThrows(InputException.class, run::run);
    assertTrue(e.getMessage().contains("other data (the pixels of the images differ"), e.getMessage());
  }

  /** Whole, with a state, and of no use: such as a best model under a checkpoint's name. */
  @Test
  void aLastOneWithoutMomentsFallsBackToThePreviousOne() throws IOException {
    copyShared();
    Path last = folder.resolve("mtl/last.safetensors");
    Files.move(last, folder.resolve("mtl/previous.safetensors"));
    Files.copy(folder.resolve("mtl/best.safetensors"), last);
    Files.createFile(folder.resolve("mtl/.last.safetensors.123.tmp"));
    Files.delete(folder.resolve("mtl/options.json"));
    assertTrue(run(folder, options(1e-3, 1), true, NEVER).finished());
    assertTrue(progress.lines.get(0).contains("has no tensor 'adam_m.conv1.weight'"), progress.lines.toString());
    try (Stream<Path> files = Files.list(folder.resolve("mtl"))) {
      List<String> names = files.map(file -> file.getFileName().toString()).sorted().toList();
      assertTrue(names.contains("options.json") && names.stream().noneMatch(n -> n.endsWith("tmp")), names.toString());
    }
  }

  @Test
  void lostBestWeightsOfTheLastEpochAreWrittenAnew() throws IOException {
    copyShared();
    Path best = folder.resolve("mtl/best.safetensors");
    flipByte(best);
    run(folder, options(1e-3, 1), true, NEVER);
    assertArrayEquals(Files.readAllBytes(shared.resolve("mtl/best.safetensors")), Files.readAllBytes(best));
    assertTrue(progress.lines.get(0).endsWith("written anew from the last checkpoint"), progress.lines.toString());
  }

  @Test
  void lostBestWeightsOfAnEarlierEpochAreToldAndAFinishedRunIsRefused() throws IOException {
    copyShared();
    run(folder, options(1e-3, 2), true, after(3));
    progress.lines.clear();
    Files.delete(folder.resolve("mtl/best.safetensors"));
    run(folder, options(1e-3, 2), true, after(1));
    String told = progress.lines.get(0);
    assertTrue(told.contains("no such file; check the path; the weights of the best epoch, 1 (score"), told);
    assertTrue(told.endsWith("are lost unless a later epoch is better"), told);
    InputException e = assertThrows(InputException.class, () -> run(folder, options(1e-3, 1), true, NEVER));
    assertTrue(e.getMessage().contains("and the run is finished: remove " + folder.resolve("mtl")), e.getMessage());
  }

  /** A log ahead of the checkpoint would tell of an epoch that a resume trains again. */
  @Test
  void theLogIsWrittenAfterTheCheckpoint() throws IOException {
    Files.createDirectories(folder.resolve("mtl/metrics.jsonl"));
    assertThrows(InputException.class, () -> run(folder, options(1e-3, 1), false, NEVER));
    assertTrue(Files.exists(folder.resolve("mtl/last.safetensors")));
  }

  @Test
  void validationWithoutLabelsOfTheTaskIsRefused() {
    FaceData data = TinyFaces.data();
    Arrays.fill(data.validation().valence(), LabelSet.INVALID_VA);
    String refusal = refusal(ModelSpec.single(Task.VA), options(1e-3, 1), data);
    assertTrue(refusal.contains("the validation set has no label for 'va'"), refusal);
    assertTrue(data.canValidate(ModelSpec.MTL, Protocol.EACH));
    assertFalse(data.canValidate(ModelSpec.MTL, Protocol.ALL));
  }

  @Test
  void protocolAllNeedsAValidationRowWithAllLabels() {
    FaceData data = TinyFaces.data();
    Arrays.fill(data.validation().expression(), LabelSet.INVALID);
    String refusal = refusal(ModelSpec.MTL, Changed.of(options(1e-3, 1), ALL), data);
    assertTrue(refusal.contains("no row labelled for all three tasks"), refusal);
    assertTrue(refusal.endsWith("use --protocol each"), refusal);
  }

  /** Why this data cannot be trained on. */
  private String refusal(ModelSpec spec, Hyperparameters options, FaceData data) {
    TrainingRequest request = request(folder, options, false, 0);
    return assertThrows(
        InputException.class, () -> new TrainingRun(spec, request, data, Team.alone(), progress, NEVER)).getMessage();
  }

  @Test
  void theProtocolChoosesTheRowsThatAnEpochIsScoredOn() throws IOException {
    TrainingState state = run(folder, Changed.of(options(1e-3, 1), ALL), false, NEVER);
    TinyFaces faces = new TinyFaces(2, 12);
    RawPredictions best =
        new RawPredictions(faces.labels.images(), predict(folder.resolve("mtl/best.safetensors")));
    double all = Evaluation.evaluate(faces.labels, best.decode(), Protocol.ALL).sum();
    assertEquals(all, state.best().score());
    assertNotEquals(all, Evaluation.evaluate(faces.labels, best.decode(), Protocol.EACH).sum());
    assertSameTensors(shared.resolve("mtl/last.safetensors"), folder.resolve("mtl/last.safetensors"));
  }

  @Test
  void divergenceIsReportedAndKeepsTheCheckpoint() throws IOException {
    run(folder, options(1e30, 1), false, after(2));
    InputException e = assertThrows(InputException.class, () -> run(folder, options(1e30, 3), true, NEVER));
    assertTrue(e.getMessage().contains("training diverged"), e.getMessage());
    assertTrue(Files.exists(folder.resolve("mtl/last.safetensors")));
  }

  /** The loss of the epoch's only batch is finite, but not what the updated weights give. */
  @Test
  void validationThatIsNotFiniteIsDivergence() throws IOException {
    Hyperparameters options = options(1e30, 1).withBatch(23);
    InputException e = assertThrows(InputException.class, () -> run(folder, options, false, NEVER));
    assertEquals("mtl: the logits of the validation after epoch 1 are not finite: training diverged; try a smaller --lr"
        + " than 1.0E30 (the last checkpoint is intact)", e.getMessage());
    try (Stream<Path> files = Files.list(folder.resolve("mtl"))) {
      assertTrue(files.noneMatch(file -> file.toString().contains("safetensors")));
    }
  }

  /** The first loss is finite, its update is not. */
  @Test
  void noCheckpointHoldsWeightsThatAreNotFinite() throws IOException {
    TrainingRequest request = request(folder, options(1e38, 1), false, 1);
    TrainingRun run = new TrainingRun(ModelSpec.MTL, request, TinyFaces.data(), Team.alone(), progress, NEVER);
    InputException e = assertThrows(InputException.class, run::run);
    assertTrue(e.getMessage().contains("conv1.weight' is not finite"), e.getMessage());
    try (Stream<Path> files = Files.list(folder.resolve("mtl"))) {
      assertTrue(files.noneMatch(file -> file.toString().contains("safetensors")));
    }
  }

  @Test
  void singleTaskModelUsesOnlyRowsWithItsLabel() throws IOException {
    FaceData data = TinyFaces.data();
    for (Task task : Task.values()) {
      for (int row : data.rows(ModelSpec.single(task), TrainingRows.ANY)) {
        assertTrue(data.training().has(task, row) && row != TinyFaces.BAD_ROW);
      }
    }
    float[] weights = data.classWeights(data.rows(ModelSpec.MTL, TrainingRows.ANY));
    double mean = 0;
    int labelled = 0;
    for (int row : data.rows(ModelSpec.MTL, TrainingRows.ANY)) {
      if (data.training().hasExpression(row)) {
        mean += weights[data.training().expression()[row]];
        labelled++;
      }
    }
    long classes = IntStream.of(data.rows(ModelSpec.MTL, TrainingRows.ANY))
        .filter(data.training()::hasExpression).mapToObj(r -> data.training().expression()[r]).distinct().count();
    assertEquals(classes, mean / labelled, 1e-5);
  }

  /** The training set of s-Aff-Wild2 by its counts. */
  @Test
  void classWeightsOfTheWholeDataSetAreThePapers() {
    int[] counts = {23976, 4555, 3168, 3122, 18135, 7609, 5228, 24852};
    byte[] expressions = new byte[IntStream.of(counts).sum()];
    int row = 0;
    for (byte label = 0; label < counts.length; label++) {
      Arrays.fill(expressions, row, row += counts[label], label);
    }
    List<String> images = Collections.nCopies(expressions.length, "v/00001.jpg");
    double[] none = new double[expressions.length];
    LabelSet labels = new LabelSet(images, none, none, expressions, new byte[expressions.length * ActionUnit.COUNT]);
    float[] weights = new FaceData(labels, null, labels, null).classWeights(IntStream.range(0, row).toArray());
    assertArrayEquals(
        new float[] {3.7807f, 19.9001f, 28.6127f, 29.0343f, 4.9983f, 11.9129f, 17.3384f, 3.6474f}, weights, 5e-5f);
  }

  /** Of 23 rows 16 have an expression and an image. */
  @Test
  void tellsTheWeightOfEachExpressionOnceAtTheStart() throws IOException {
    run(folder, options(1e-3, 2), false, after(1));
    List<String> told = progress.lines.stream().filter(line -> line.contains("weight of each")).toList();
    assertEquals(List.of("mtl: rows and weight of each expression: Neutral 1 x 16.0000, Anger 3 x 5.3333, "
        + "Disgust 4 x 4.0000, Fear 1 x 16.0000, Happiness 2 x 8.0000, Sadness 2 x 8.0000, Surprise 1 x 16.0000, "
        + "Other 2 x 8.0000"), told);
    run(folder, options(1e-3, 2), true, after(1));
    assertEquals(1, progress.lines.stream().filter(line -> line.contains("weight of each")).count());
  }

  @Test
  void completeRowsLackNoLabelOfTheSetsTasks() {
    TinyFaces faces = new TinyFaces(1, 23);
    FaceData data = TinyFaces.data(faces, faces);
    int[] all = {4, 6, 7, 8, 11, 12, 14, 18, 19, 22};
    assertArrayEquals(all, data.rows(ModelSpec.MTL, TrainingRows.COMPLETE));
    assertArrayEquals(all, data.rows(ModelSpec.single(Task.VA), TrainingRows.COMPLETE));
    faces.labels.actionUnits()[4 * ActionUnit.COUNT] = LabelSet.INVALID;
    assertEquals(6, data.rows(ModelSpec.MTL, TrainingRows.COMPLETE)[0], "one action unit is missing");
    Arrays.fill(faces.labels.expression(), LabelSet.INVALID);
    int[] withoutExpression = {1, 6, 7, 8, 11, 12, 13, 14, 17, 18, 19, 21, 22};
    assertArrayEquals(withoutExpression, data.rows(ModelSpec.MTL, TrainingRows.COMPLETE));
    assertEquals(0, data.rows(ModelSpec.single(Task.EXPR), TrainingRows.COMPLETE).length);
  }

  @Test
  void tooFewCompleteRowsAreToldWithTheWayOut() {
    FaceData data = TinyFaces.data();
    for (int row = 0; row < 23; row++) {
      data.training().actionUnits()[row * ActionUnit.COUNT] = LabelSet.INVALID;
    }
    String refusal = refusal(ModelSpec.MTL, Changed.of(options(1e-3, 1), COMPLETE), data);
    assertTrue(refusal.endsWith(
        "0 rows with a usable image and all labels for 'mtl'; at least 2 are needed; use --rows any"), refusal);
  }

  @Test
  void aRunOnCompleteRowsTakesAsManyStepsAsTheyFill() throws IOException {
    Hyperparameters complete = Changed.of(options(1e-3, 1), COMPLETE);
    assertEquals(3, run(folder, complete, false, NEVER).adamSteps()); // 10 rows, 4 a batch
  }

  @Test
  void exportedWeightsPredictLikeTheCheckpointAndInitialiseAnother() throws IOException {
    copyShared();
    Path exported = folder.resolve("model.safetensors");
    int tensors = ModelFile.export(folder.resolve("mtl/last.safetensors"), exported);
    assertThrows(InputException.class, () -> ModelFile.export(exported, exported));
    assertEquals(TensorFile.tensors(exported).size(), tensors);
    assertArrayEquals(predict(folder.resolve("mtl/last.safetensors")), predict(exported));
    Hyperparameters from = Changed.of(options(1e-3, 1), Map.of("init", exported.toString()));
    run(folder.resolve("b"), from, false, NEVER);
    assertTrue(progress.lines.stream().anyMatch(l -> l.startsWith("loaded " + tensors + " of " + tensors)));
  }

  @Test
  void substituteIsTheClosestFrameOfTheVideo() {
    TinyFaces faces = new TinyFaces(1, 8);
    int[] rows = Substitutes.of(faces, faces.labels.images());
    assertArrayEquals(new int[] {0, 1, 2, 2, 4, 5, 6, 7}, rows);
    List<String> otherVideo = new ArrayList<>(faces.labels.images());
    otherVideo.set(TinyFaces.BAD_ROW, "video1/00000.jpg");
    assertEquals(4, Substitutes.of(faces, otherVideo)[TinyFaces.BAD_ROW]);
    otherVideo.set(TinyFaces.BAD_ROW, "lonely/00001.jpg");
    assertEquals(TinyFaces.BAD_ROW, Substitutes.of(faces, otherVideo)[TinyFaces.BAD_ROW]);
  }

  private static float[] predict(Path file) throws IOException {
    TinyFaces faces = new TinyFaces(2, 12);
    try (Model model = ModelFile.open(file, Precision.FP32, Device.CPU)) {
      return new Predictor(model, 5, NEVER)
          .predict(faces, faces.labels.images(), "test", new RecordingProgress())
          .logits();
    }
  }

  private TrainingState run(Path out, Hyperparameters options, boolean resume, BooleanSupplier stop)
      throws IOException {
    return new TrainingRun(
        ModelSpec.MTL, request(out, options, resume, 0), TinyFaces.data(), Team.alone(), progress, stop)
        .run();
  }

  private TrainingRequest request(Path out, Hyperparameters options, boolean resume, int every) {
    return request(out, options, Resident.AUTO, resume, every);
  }

  private TrainingRequest request(Path out, Hyperparameters options, Resident resident, boolean resume, int every) {
    return new TrainingRequest(
        folder, out, folder, List.of(ModelSpec.MTL), options, Device.CPU, resident, resume, every, 0);
  }

  private static BooleanSupplier after(int calls) {
    AtomicInteger left = new AtomicInteger(calls);
    return () -> left.decrementAndGet() < 0;
  }

  private static Hyperparameters options(double lr, int epochs) {
    return Changed.of(
        Hyperparameters.paper(),
        Map.of("lr", lr, "batch", 4, "epochs", epochs, "crop", new CropRange(0.5, 1, 0.75, 1.33), "seed", 7,
            "threads", 1));
  }

  private static void assertSameTensors(Path expected, Path actual) throws IOException {
    Map<String, float[]> a = TensorFile.tensors(expected);
    Map<String, float[]> b = TensorFile.tensors(actual);
    assertEquals(a.keySet(), b.keySet());
    a.forEach((name, values) -> assertArrayEquals(values, b.get(name), name));
    assertFalse(a.isEmpty());
  }

  /** The log without the times, which differ between runs. */
  private static List<JsonNode> log(Path out) throws IOException {
    List<JsonNode> records = new ArrayList<>();
    for (String line : Files.readAllLines(out.resolve("mtl/metrics.jsonl"))) {
      ObjectNode record = (ObjectNode) Json.mapper().readTree(line);
      records.add(record.without(List.of("seconds", "images_per_second")));
    }
    return records;
  }

  private static void flipByte(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);
  }
}
