package io.github.affect4j.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Model;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.TensorInfo;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Safetensors;
import io.github.affect4j.task.ModelSpec;
import io.github.affect4j.task.Task;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which files of others are taken for a ResNet-50's. */
class WeightsTest {
  private static Model model;
  private static List<TensorInfo> backbone;

  @TempDir Path folder;

  @BeforeAll
  static void drawModel() {
    model = new Model(ModelSpec.single(Task.VA), Precision.FP32, Device.CPU, 0);
    backbone = model.tensors().stream().filter(tensor -> !tensor.name().startsWith("fc_")).toList();
  }

  @AfterAll
  static void freeModel() {
    model.close();
  }

  @Test
  void whatAnyResNet50MayHaveIsIgnored() throws IOException {
    TensorsOnDisk file = new TensorsOnDisk(backbone).with("fc.weight", 1000L, 2048L).with("fc.bias", 1000L)
        .with("fc_au.weight", 12L, 2048L).with("fc_au.bias", 12L)
        .with("adam_m.conv1.weight", 1L).with("adam_v.fc_au.bias", 1L);
    for (TensorInfo tensor : backbone) {
      if (tensor.name().endsWith("running_mean")) {
        file.with(tensor.name().replace("running_mean", "num_batches_tracked"));
      }
    }
    assertTrue(pretrained(file).matches("loaded 265 of 267 tensors from .*; random: fc_va.weight, fc_va.bias"));
  }

  /** As ResNet-101 and -152 have, networks with attention or filters in their blocks, and other heads. */
  @ParameterizedTest
  @ValueSource(strings = {
      "layer3.6.conv1.weight", "layer2.4.bn1.num_batches_tracked", "layer1.0.se.fc1.weight",
      "layer1.0.se_module.fc2.bias", "layer1.0.se.conv.weight", "layer2.0.conv2.filt", "conv1.bias", "bn1.num_batches",
      "num_batches_tracked", "fc_landmarks.weight", "fc_va.scale", "last_linear.weight", "adam_m.layer3.6.conv1.weight",
      "adam_v.", "BN1.weight", "conv1.weight ", ""})
  void aTensorOfAnotherNetworkIsRefused(String other) throws IOException {
    String refusal = refusal(new TensorsOnDisk(backbone).with(other, 1L));
    assertTrue(
        refusal.contains("another network than ResNet-50, which lacks 1 of its tensors, such as '" + other + "';"),
        refusal);
  }

  @Test
  void aDeeperNetworkIsRefusedNamingThreeTensors() throws IOException {
    TensorsOnDisk resnet101 = new TensorsOnDisk(backbone);
    for (TensorInfo tensor : backbone) {
      for (int block = 6; tensor.name().startsWith("layer3.5.") && block <= 22; block++) {
        resnet101.with(tensor.name().replace("layer3.5", "layer3." + block), tensor.shape().toArray(new Long[0]));
      }
    }
    String refusal = refusal(resnet101);
    assertTrue(refusal.contains("another network than ResNet-50, which lacks 255 of its tensors, such as "
        + "'layer3.6.conv1.weight', 'layer3.7.conv1.weight', 'layer3.8.conv1.weight'; give weights"), refusal);
  }

  @ParameterizedTest
  @ValueSource(strings = {"module.", "model.", "backbone.", "backbone.body.", "0."})
  void aPrefixIsNamed(String prefix) throws IOException {
    TensorsOnDisk file = new TensorsOnDisk(List.of()).with("head.weight", 1L);
    backbone.forEach(tensor -> file.with(prefix + tensor.name(), 1L));
    String refusal = refusal(file);
    assertTrue(refusal.contains("its tensors' names begin with '" + prefix + "'"), refusal);
  }

  /** As of wide ResNets, ResNeXts, shallower networks, and stems of three convolutions. */
  @Test
  void otherShapesAndMissingTensorsAreRefused() throws IOException {
    TensorsOnDisk wide = new TensorsOnDisk(backbone).with("layer1.0.conv1.weight", 128L, 64L, 1L, 1L);
    assertTrue(refusal(wide).contains("'layer1.0.conv1.weight' has shape [128, 64, 1, 1]; expected [64, 64, 1, 1]"));
    TensorsOnDisk shallow = new TensorsOnDisk(backbone);
    shallow.shapes.remove("layer1.2.conv3.weight");
    assertTrue(refusal(shallow).contains("has no tensor 'layer1.2.conv3.weight'"));
    TensorsOnDisk deepStem = new TensorsOnDisk(backbone).with("conv1.0.weight", 32L, 3L, 3L, 3L);
    deepStem.shapes.remove("conv1.weight");
    assertTrue(refusal(deepStem).contains("such as 'conv1.0.weight'"));
  }

  @ParameterizedTest
  @CsvSource({
      "layer1.0.bn2.running_var, 63, -1e-9, 'is -1e-09, but a mean of squares is at least 0'",
      "bn1.running_var, 0, NaN, is not a finite number",
      "conv1.weight, 9407, Infinity, is not a finite number",
      "bn1.running_mean, 7, -Infinity, is not a finite number"})
  void valuesThatAreNoWeightsAreNamed(String tensor, int element, float value, String problem) throws IOException {
    Path file = new TensorsOnDisk(backbone).write(folder.resolve("f"));
    TensorsOnDisk.put(file, tensor, element, value);
    assertEquals(
        file + ": tensor '" + tensor + "' cannot be used: element " + element + " of the tensor " + problem,
        assertThrows(InputException.class, () -> pretrained(file)).getMessage());
  }

  @Test
  void aModelToPredictWithIsHeldToTheSame() throws IOException {
    Path spoilt = new TensorsOnDisk(model.tensors()).write(folder.resolve("spoilt"));
    TensorsOnDisk.put(spoilt, "bn1.running_var", 5, -1);
    assertTrue(assertThrows(InputException.class, () -> predicting(spoilt)).getMessage().contains("element 5"));
    Path file = new TensorsOnDisk(model.tensors()).with("layer3.6.conv1.weight", 1L).write(folder.resolve("f"));
    assertTrue(assertThrows(InputException.class, () -> predicting(file)).getMessage().contains("another network"));
    Path exported = folder.resolve("exported");
    InputException e = assertThrows(InputException.class, () -> ModelFile.export(file, exported));
    assertTrue(e.getMessage().contains("another network"), e.getMessage());
    assertTrue(Files.notExists(exported));
  }

  /** It would be taken for the model without that head. */
  @Test
  void halfAHeadIsMissing() throws IOException {
    Path file = new TensorsOnDisk(model.tensors()).with("fc_expr.bias", 8L).write(folder.resolve("f"));
    String refusal = assertThrows(InputException.class, () -> predicting(file)).getMessage();
    assertTrue(refusal.contains("has the heads [VA, EXPR]"), refusal);
  }

  @Test
  void aCheckpointWithoutItsChecksumIsDamaged() throws IOException {
    TensorsOnDisk file = new TensorsOnDisk(backbone).metadata("format", "pt").metadata("model", "va");
    Weights.open(file.write(folder.resolve("f"))).close(); // an export that another program has written anew
    String refusal = refusal(file.metadata(Checkpoint.STATE_KEY, "{}"));
    assertTrue(refusal.contains("damaged: it has the state of a checkpoint, but no checksum"), refusal);
    refusal = refusal(new TensorsOnDisk(backbone).metadata("crc32c", "01234567"));
    assertTrue(refusal.contains("damaged: its checksum should be 01234567"), refusal);
  }

  private String refusal(TensorsOnDisk tensors) {
    return assertThrows(InputException.class, () -> pretrained(tensors)).getMessage();
  }

  private String pretrained(TensorsOnDisk tensors) throws IOException {
    return pretrained(tensors.write(folder.resolve("f")));
  }

  private static String pretrained(Path path) throws IOException {
    try (Safetensors file = Weights.open(path)) {
      return new Weights(model).loadPretrained(file);
    }
  }

  private static void predicting(Path path) throws IOException {
    ModelFile.open(path, null, Device.CPU).close();
  }
}
