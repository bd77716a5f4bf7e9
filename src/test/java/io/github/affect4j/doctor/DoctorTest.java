package io.github.affect4j.doctor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.affect4j.cli.CommandLineProcess;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.io.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DoctorTest {
  private static final String HEADER = "image,valence,arousal,expression,aus\n";
  private static final String AUS = ",0,0,0,1,0,0,1,0,0,0,1,0\n";
  private static final String NO_AUS = ",-1".repeat(12) + "\n";

  @TempDir Path folder;

  @Test
  void findsTheNativeLibraryAndSaysWhatWillBeUsed() {
    Diagnosis diagnosis = Doctor.examine(null, folder.resolve("cache"));

    assertTrue(diagnosis.nativeLibrary().works(), diagnosis.nativeLibrary().error());
    assertEquals("cpu", diagnosis.plan().device());
    assertTrue(diagnosis.plan().threads() >= 1);
    assertNull(diagnosis.data());
  }

  @Test
  void aHealthyMachineHasNoProblems() {
    Diagnosis diagnosis = Doctor.withFindings(machine(good(), 16, null));

    assertTrue(diagnosis.healthy());
    assertEquals(List.of(), diagnosis.findings());
  }

  @Test
  void aLibraryThatDoesNotLoadPreventsWorking() {
    Diagnosis diagnosis = Doctor.withFindings(machine(new NativeLibrary(null, "libc10.so: no such file"), 16, null));

    assertFalse(diagnosis.healthy());
    assertNull(diagnosis.plan());
    assertTrue(diagnosis.findings().get(0).observation().contains("libc10.so"));
    assertTrue(DiagnosisText.lines(diagnosis).contains("Solve the problems above first."));
  }

  @Test
  void littleMemoryIsAWarningAndNoMemoryAProblem() {
    assertEquals(Finding.Level.WARNING, Doctor.withFindings(machine(good(), 2, null)).findings().get(0).level());
    assertEquals(Finding.Level.PROBLEM, Doctor.withFindings(machine(good(), 0, null)).findings().get(0).level());
  }

  @Test
  void aGpuThatIsNotUsedHasAReason() {
    Gpu gpu = new Gpu("NVIDIA H100", 80L << 30, "580.1");
    Diagnosis cpuBuild = Doctor.withFindings(machine(good(), 16, null, gpu));
    Diagnosis noDriver = Doctor.withFindings(machine(withCuda("no NVIDIA driver is loaded"), 16, null));
    Diagnosis usable = Doctor.withFindings(machine(withCuda("", "NVIDIA H100"), 16, null, gpu));

    assertTrue(cpuBuild.findings().get(0).advice().contains("-Pgpu"), cpuBuild.findings().toString());
    assertEquals(Finding.Level.WARNING, noDriver.findings().get(0).level());
    assertTrue(noDriver.findings().get(0).observation().endsWith("no NVIDIA driver is loaded"));
    assertEquals("say --device cuda:0", usable.findings().get(0).advice());
  }

  @ParameterizedTest
  @ValueSource(strings = {"avx512_bf16", "amx"})
  void namesTheFasterDtypeWhereKernelsTakeDotProducts(String kernels) {
    NativeLibrary library = good();
    ((ObjectNode) library.description()).put("kernels", kernels);

    List<Finding> findings = Doctor.withFindings(machine(library, 16, null)).findings();

    assertEquals(List.of("train with --dtype bf16"), findings.stream().map(Finding::advice).toList());
  }

  @Test
  void countsLabelsDuplicatesAndMissingImages() throws Exception {
    annotations(DatasetFolder.TRAINING_FILE,
        "v1/00001.jpg,0.5,0.5,4" + AUS, "v1/00002.jpg,-5,-5,-1" + AUS, "v1/00001.jpg,0.1,0.1,4" + NO_AUS);
    annotations(DatasetFolder.VALIDATION_FILE, "v2/00001.jpg,0.5,0.5,4" + AUS);
    image("v1/00001.jpg");
    image("v2/00001.jpg");

    Diagnosis diagnosis = Doctor.withFindings(machine(good(), 16, DataSummary.read(folder)));

    DataSummary data = diagnosis.data();
    assertEquals(new LabelCounts(3, 2, 2, List.of(0, 0, 0, 0, 2, 0, 0, 0), 2, 1, 1, 1, 1), data.training());
    assertEquals(new LabelCounts(1, 1, 1, List.of(0, 0, 0, 0, 1, 0, 0, 0), 1, 1, 0, 1, 0), data.validation());
    assertTrue(diagnosis.healthy());
    assertEquals(List.of("1 of 2 training images are missing", "1 training rows name an image a second time"),
        diagnosis.findings().stream().map(Finding::observation).toList());
    String counts = "Neutral 0, Anger 0, Disgust 0, Fear 0, Happiness 2, Sadness 0, Surprise 0, Other 0";
    assertTrue(DiagnosisText.lines(diagnosis).stream().anyMatch(line -> line.endsWith(counts)));
  }

  @Test
  void aDataSetWithoutImagesIsAProblem() throws Exception {
    annotations(DatasetFolder.TRAINING_FILE, "v1/00001.jpg,0.5,0.5,4" + AUS);
    annotations(DatasetFolder.VALIDATION_FILE, "v2/00001.jpg,0.5,0.5,4" + AUS);
    image("v2/00001.jpg");

    Diagnosis diagnosis = Doctor.withFindings(machine(good(), 16, DataSummary.read(folder)));

    assertFalse(diagnosis.healthy());
    assertEquals("none of the 1 training images is there", diagnosis.findings().get(0).observation());
  }

  @Test
  void testImagesInAnotherTreeAreAProblemAndAFewMissingOnesAWarning() throws Exception {
    annotations(DatasetFolder.TRAINING_FILE, "v1/00001.jpg,0.5,0.5,4" + AUS);
    annotations(DatasetFolder.VALIDATION_FILE, "v1/00001.jpg,0.5,0.5,4" + AUS);
    Files.writeString(folder.resolve(DatasetFolder.TEST_LIST_FILE), "v3/00001.jpg,\nv3/00002.jpg,\n");
    image("v1/00001.jpg");

    Diagnosis absent = Doctor.withFindings(machine(good(), 16, DataSummary.read(folder)));
    assertFalse(absent.healthy());
    assertEquals("2 of 2 test images are missing", absent.findings().get(0).observation());

    image("v3/00001.jpg");
    Diagnosis half = Doctor.withFindings(machine(good(), 16, DataSummary.read(folder)));
    assertTrue(half.healthy());
    assertEquals(Finding.Level.WARNING, half.findings().get(0).level());
    assertEquals(1, half.data().missingTestImages());
    assertTrue(DiagnosisText.lines(half).stream().anyMatch(line -> line.endsWith("2 images, 1 of them there")));

    image("v3/00002.jpg");
    assertEquals(List.of(), Doctor.withFindings(machine(good(), 16, DataSummary.read(folder))).findings());
  }

  @Test
  void whatCannotBeReadIsNamedAndTheRestCounted() throws Exception {
    annotations(DatasetFolder.TRAINING_FILE, "v1/00001.jpg,0.5,0.5,9" + AUS);
    image("v1/00001.jpg");

    DataSummary data = DataSummary.read(folder);

    assertEquals(2, data.errors().size());
    assertTrue(data.errors().get(0).contains(DatasetFolder.TRAINING_FILE + ":2"), data.errors().get(0));
    assertTrue(data.errors().get(1).contains(DatasetFolder.VALIDATION_FILE), data.errors().get(1));
    assertFalse(Doctor.withFindings(machine(good(), 16, data)).healthy());
  }

  /** In a process of its own, whose locale knows no umlaut. */
  @Test
  void anImageThatIsNoFileNameInThisLocaleIsNamed() throws Exception {
    annotations(DatasetFolder.TRAINING_FILE, "v\u00fc/00001.jpg,0.5,0.5,4" + AUS);
    annotations(DatasetFolder.VALIDATION_FILE, "v2/00001.jpg,0.5,0.5,4" + AUS);
    image("v2/00001.jpg");

    CommandLineProcess doctor =
        CommandLineProcess.start(Map.of("LC_ALL", "C"), List.of("doctor", "--data", folder.toString()));

    assertEquals(1, doctor.await());
    assertTrue(doctor.output().contains("is no file name on this machine"), doctor.output() + doctor.error());
    assertEquals("", doctor.error());
  }

  @Test
  void aFolderThatIsNotThereIsOneSentence() {
    DataSummary data = DataSummary.read(folder.resolve("absent"));

    assertEquals(1, data.errors().size());
    assertNull(data.training());
  }

  @Test
  void serialisesWithSnakeCaseKeys() throws Exception {
    var json = Json.mapper().readTree(Json.pretty(Doctor.withFindings(machine(good(), 2, null))));

    assertEquals("2.10.0", json.at("/native_library/description/libtorch").asText());
    assertEquals("warning", json.at("/findings/0/level").asText().toLowerCase(java.util.Locale.ROOT));
    assertEquals("fp32", json.at("/plan/dtype").asText());
    assertEquals(16, json.at("/processor/usable_cpus").asInt());
  }

  private void annotations(String name, String... rows) throws Exception {
    Files.writeString(folder.resolve(name), HEADER + String.join("", rows));
  }

  private void image(String path) throws Exception {
    Path file = folder.resolve(DatasetFolder.IMAGE_FOLDER).resolve(path);
    Files.createDirectories(file.getParent());
    Files.write(file, new byte[] {1});
  }

  private static NativeLibrary good() {
    ObjectNode description = JsonNodeFactory.instance.objectNode();
    description.put("libtorch", "2.10.0").put("onednn", "3.7.1").put("kernels", "avx512");
    return new NativeLibrary(description.put("avx512_bf16", true).put("threads", 16), null);
  }

  private static NativeLibrary withCuda(String obstacle, String... devices) {
    ObjectNode description = (ObjectNode) good().description();
    ObjectNode cuda = description.putObject("cuda").put("toolkit", "13.1").put("obstacle", obstacle);
    List.of(devices).forEach(cuda.putArray("devices")::add);
    return new NativeLibrary(description, null);
  }

  private static Diagnosis machine(NativeLibrary library, long gigabytes, DataSummary data, Gpu... gpus) {
    long bytes = gigabytes << 30;
    return new Diagnosis(
        new Processor("Some CPU", "amd64", 8, 16, List.of("avx2", "fma", "avx512f", "avx512_bf16")),
        new Memory(bytes, bytes, bytes),
        new Jvm("17", "Debian", "/jdk", 1L << 30, true),
        library,
        List.of(gpus),
        List.of(new Disk("/tmp", 100L << 30, true)),
        data,
        Plan.of(library),
        List.of());
  }
}
