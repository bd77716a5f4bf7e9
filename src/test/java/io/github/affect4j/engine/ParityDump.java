package io.github.affect4j.engine;

import io.github.affect4j.io.Safetensors;
import io.github.affect4j.io.SafetensorsWriter;
import io.github.affect4j.io.TensorEntry;
import io.github.affect4j.task.ModelSpec;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Our side of src/test/python/parity.py and gradient_error.py. Arguments: weights, batch, output
 * (safetensors), the number of Adam steps and the precision. Writes eval logits, the losses of each
 * step, all gradients of the first and all tensors after the last.
 */
final class ParityDump {
  private static final float LEARNING_RATE = 5e-5f;
  private static final int LOSSES = 4;

  private final Map<SafetensorsWriter.Declaration, float[]> dump = new LinkedHashMap<>();

  private ParityDump() {}

  public static void main(String[] arguments) throws IOException {
    ParityDump dump = new ParityDump();
    try (Safetensors weights = Safetensors.open(Path.of(arguments[0]));
        Safetensors data = Safetensors.open(Path.of(arguments[1]))) {
      List<Long> shape = data.tensors().get("images").shape();
      try (Model model = new Model(ModelSpec.MTL, Precision.valueOf(arguments[4]), Device.CPU, 0);
          Batch batch = new Batch(shape.get(0).intValue(), shape.get(1).intValue(), shape.get(2).intValue());
          Trainer trainer = new Trainer(model, TrainerOptions.paper(values(data, "class_weights")))) {
        load(weights, model);
        fill(data, batch);
        dump.run(model, batch, trainer, Integer.parseInt(arguments[3]));
      }
    }
    dump.write(Path.of(arguments[2]));
  }

  private void run(Model model, Batch batch, Trainer trainer, int steps) {
    model.predict(batch);
    float[] logits = new float[batch.rows() * 22];
    batch.logits().get(0, logits);
    put("logits", List.of((long) batch.rows(), 22L), logits);
    float[] losses = new float[steps * LOSSES];
    for (int step = 0; step < steps; step++) {
      trainer.step(batch, LEARNING_RATE);
      StepReport report = trainer.read();
      double[] values = {report.total(), report.va(), report.expr(), report.au()};
      for (int i = 0; i < LOSSES; i++) {
        losses[step * LOSSES + i] = (float) values[i];
      }
      if (step == 0) {
        gradients(trainer);
      }
    }
    put("losses", List.of((long) steps, (long) LOSSES), losses);
    Scratch scratch = new Scratch(model);
    for (TensorInfo tensor : model.tensors()) {
      FloatBuffer values = scratch.of(tensor);
      model.read(tensor, values);
      put("after." + tensor.name(), tensor.shape(), array(values));
    }
  }

  private void gradients(Trainer trainer) {
    Scratch scratch = new Scratch(trainer.model());
    for (TensorInfo tensor : trainer.model().tensors()) {
      if (tensor.trainable()) {
        FloatBuffer values = scratch.of(tensor);
        trainer.read(Trainer.State.GRADIENT, tensor, values);
        put("gradient." + tensor.name(), tensor.shape(), array(values));
      }
    }
  }

  private void put(String name, List<Long> shape, float[] values) {
    dump.put(new SafetensorsWriter.Declaration(name, shape), values);
  }

  private void write(Path file) throws IOException {
    List<SafetensorsWriter.Declaration> declarations = new ArrayList<>(dump.keySet());
    try (SafetensorsWriter out = SafetensorsWriter.create(file, Map.of(), declarations)) {
      for (SafetensorsWriter.Declaration declaration : declarations) {
        out.write(FloatBuffer.wrap(dump.get(declaration)));
      }
      out.commit();
    }
  }

  private static void load(Safetensors file, Model model) throws IOException {
    Scratch scratch = new Scratch(model);
    for (TensorInfo tensor : model.tensors()) {
      FloatBuffer values = scratch.of(tensor);
      file.read(file.tensors().get(tensor.name()), values);
      model.write(tensor, values.flip());
    }
  }

  private static void fill(Safetensors data, Batch batch) throws IOException {
    float[] images = values(data, "images");
    for (int i = 0; i < images.length; i++) {
      batch.images().put(i, (byte) (int) images[i]);
    }
    batch.crops().put(0, values(data, "crops"));
    batch.valenceArousal().put(0, values(data, "va"));
    float[] expression = values(data, "expression");
    for (int i = 0; i < expression.length; i++) {
      batch.expressions().put(i, (byte) expression[i]);
    }
    float[] units = values(data, "action_units");
    for (int i = 0; i < units.length; i++) {
      batch.actionUnits().put(i, (byte) units[i]);
    }
  }

  private static float[] values(Safetensors file, String name) throws IOException {
    TensorEntry entry = file.tensors().get(name);
    FloatBuffer values = FloatBuffer.allocate((int) entry.elements());
    file.read(entry, values);
    return values.array();
  }

  private static float[] array(FloatBuffer values) {
    float[] array = new float[values.remaining()];
    values.get(array);
    return array;
  }
}
