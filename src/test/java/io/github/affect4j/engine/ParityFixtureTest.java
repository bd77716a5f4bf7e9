package io.github.affect4j.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.io.Json;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.FloatBuffer;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Forward, losses, gradients and 20 Adam steps against PyTorch in float64, as
 * src/test/python/parity_fixture.py recorded them. The recorded network is well-conditioned; why it
 * has to be is told in src/test/python/parity.py.
 */
class ParityFixtureTest {
  /** Of logits, losses and gradients, relative to the largest element. */
  private static final double FIRST = 1e-4;

  /** After 20 Adam steps. */
  private static final double LAST = 1e-3;

  private final JsonNode fixture = read();

  private static JsonNode read() {
    try (InputStream in = ParityFixtureTest.class.getResourceAsStream("/parity/fixture.json")) {
      return Json.mapper().readTree(in);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void equalsPyTorch() {
    int rows = fixture.get("rows").asInt();
    int size = fixture.get("size").asInt();
    try (Model model = new Model(ModelSpec.MTL, Precision.FP32, Device.CPU, 0);
        Batch batch = new Batch(rows, size, size);
        Trainer trainer = new Trainer(model, options())) {
      load(model);
      assertEquals(fixture.get("image_sum").asLong(), ParityFormula.fill(batch), "the images' formula");
      compareLogits(model, batch);
      for (int step = 0; step < fixture.get("steps").asInt(); step++) {
        trainer.step(batch, (float) fixture.get("learning_rate").asDouble());
        compareLosses(step, trainer.read());
        if (step == 0) {
          compareGradients(trainer);
        }
      }
      compareWeights(model);
    }
  }

  private TrainerOptions options() {
    float[] weights = new float[8];
    IntStream.range(0, 8).forEach(i -> weights[i] = (float) fixture.get("class_weights").get(i).asDouble());
    return new TrainerOptions(
        weights, false, 1, 0.9f, 0.999f, 1e-8f, (float) fixture.get("weight_decay").asDouble());
  }

  private static void load(Model model) {
    Scratch scratch = new Scratch(model);
    for (TensorInfo tensor : model.tensors()) {
      model.write(tensor, scratch.of(tensor).put(ParityFormula.tensor(tensor)).flip());
    }
  }

  private void compareLogits(Model model, Batch batch) {
    JsonNode expected = fixture.get("logits");
    double largest =
        IntStream.range(0, expected.size()).mapToDouble(i -> Math.abs(expected.get(i).asDouble())).max().orElseThrow();
    assertTrue(largest > 0.1, "the fixture's logits are of ordinary size");
    model.predict(batch);
    for (int i = 0; i < expected.size(); i++) {
      assertEquals(expected.get(i).asDouble(), batch.logits().get(i), FIRST * largest, "logit " + i);
    }
  }

  private void compareLosses(int step, StepReport report) {
    double[] ours = {report.total(), report.va(), report.expr(), report.au()};
    double tolerance = step == 0 ? FIRST : LAST;
    for (int i = 0; i < ours.length; i++) {
      double expected = fixture.get("losses").get(step).get(i).asDouble();
      assertEquals(expected, ours[i], tolerance * Math.abs(expected), "loss " + i + " of step " + step);
    }
  }

  private void compareGradients(Trainer trainer) {
    Scratch scratch = new Scratch(trainer.model());
    assertEquals(
        trainer.model().tensors().stream().filter(TensorInfo::trainable).count(), fixture.get("gradients").size());
    for (TensorInfo tensor : trainer.model().tensors()) {
      if (tensor.trainable()) {
        FloatBuffer values = scratch.of(tensor);
        trainer.read(Trainer.State.GRADIENT, tensor, values);
        compare("gradient of ", fixture.get("gradients"), tensor, values, FIRST);
      }
    }
  }

  private void compareWeights(Model model) {
    Scratch scratch = new Scratch(model);
    assertEquals(model.tensors().size(), fixture.get("after").size());
    for (TensorInfo tensor : model.tensors()) {
      FloatBuffer values = scratch.of(tensor);
      model.read(tensor, values);
      compare("after 20 steps, ", fixture.get("after"), tensor, values, LAST);
    }
  }

  /** Against the recorded norm, largest element, projection and single elements of a tensor. */
  private static void compare(
      String what, JsonNode digests, TensorInfo tensor, FloatBuffer values, double tolerance) {
    JsonNode digest = digests.get(tensor.name());
    double largest = digest.get("largest").asDouble();
    double norm = digest.get("norm").asDouble();
    long key = ParityFormula.key("probe." + tensor.name());
    double squares = 0;
    double projection = 0;
    double ourLargest = 0;
    for (int i = 0; i < tensor.elements(); i++) {
      double value = values.get(i);
      squares += value * value;
      projection += value * ParityFormula.uniform(key, i);
      ourLargest = Math.max(ourLargest, Math.abs(value));
    }
    String name = what + tensor.name();
    assertEquals(norm, Math.sqrt(squares), tolerance * norm, name + ", norm");
    assertEquals(largest, ourLargest, tolerance * largest, name + ", largest element");
    assertEquals(digest.get("projection").asDouble(), projection, tolerance * norm, name + ", projection");
    for (Map.Entry<String, JsonNode> element : digest.get("elements").properties()) {
      int index = Integer.parseInt(element.getKey());
      assertEquals(element.getValue().asDouble(), values.get(index), tolerance * largest, name + "[" + index + "]");
    }
  }
}
