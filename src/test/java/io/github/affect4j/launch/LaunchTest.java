package io.github.affect4j.launch;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.cli.CommandLineProcess;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.io.Json;
import io.github.affect4j.io.TensorFile;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Ranks as processes, by the command line. A test that hangs fails after many times the time it needs. */
@Timeout(value = 1, unit = TimeUnit.HOURS)
class LaunchTest {
  @TempDir static Path shared;
  @TempDir Path folder;

  /** Faces, and what two undisturbed ranks make of them. */
  @BeforeAll
  static void trainUndisturbed() throws Exception {
    faces(shared.resolve("faces"), 1);
    CommandLineProcess undisturbed = launch(0, shared.resolve("undisturbed"));
    assertEquals(0, undisturbed.await(), undisturbed.error());
    assertTrue(undisturbed.output().startsWith("{"), undisturbed.output());
    assertEquals(1, undisturbed.output().split("\"models\"", -1).length - 1, "only rank 0 reports");
  }

  private static void faces(Path dir, long seed) {
    SyntheticFaces.generate(dir, new SyntheticOptions(60, 50, 0, 48, seed), (done, total) -> {});
  }

  /** more: options that are added, or replace values that are there. */
  private static List<String> train(Path out, String... more) {
    List<String> arguments = new ArrayList<>(List.of(
        "train", "--data", shared.resolve("faces").toString(), "--cache", shared.resolve("cache").toString(), "--out",
        out.toString(), "--task", "mtl", "--batch", "8", "--epochs", "2", "--lr", "1e-3", "--checkpoint-every", "3",
        "--threads", "1", "--json"));
    for (int i = 0; i < more.length; i++) {
      int given = arguments.indexOf(more[i]);
      if (given < 0) {
        arguments.add(more[i]);
      } else {
        arguments.set(given + 1, more[++i]);
      }
    }
    return arguments;
  }

  private static CommandLineProcess launch(int restarts, Path out, String... more) throws IOException {
    List<String> arguments = new ArrayList<>(List.of("launch", "--nproc", "2", "--max-restarts", "" + restarts, "--"));
    arguments.addAll(train(out, more));
    return CommandLineProcess.start(Map.of(), arguments);
  }

  /** Started with the four variables that Kubeflow's PyTorchJob sets, and no more. */
  private CommandLineProcess rank(int rank, int world, int port, Path out, String... more) throws IOException {
    return CommandLineProcess.start(
        Map.of("RANK", "" + rank, "WORLD_SIZE", "" + world, "MASTER_ADDR", "127.0.0.1", "MASTER_PORT", "" + port),
        train(out, more));
  }

  private static void assertSameWeights(Path expected, Path actual) throws IOException {
    for (String name : List.of("mtl/last.safetensors", "mtl/best.safetensors")) {
      Map<String, float[]> a = TensorFile.tensors(expected.resolve(name));
      Map<String, float[]> b = TensorFile.tensors(actual.resolve(name));
      assertEquals(a.keySet(), b.keySet());
      a.forEach((tensor, values) -> assertArrayEquals(values, b.get(tensor), tensor));
    }
  }

  /** At rate 0 the weights stay, so that each batch's loss, and thus each row's place and crop, must agree. */
  @Test
  void ranksSeeTheRowsAndMetricsOfOneProcess() throws Exception {
    String[] still = {"--lr", "0", "--epochs", "1", "--checkpoint-every", "0"};
    CommandLineProcess alone = CommandLineProcess.start(Map.of(), train(folder.resolve("alone"), still));
    assertEquals(0, alone.await(), alone.error());
    CommandLineProcess ranks =
        launch(0, folder.resolve("ranks"), "--lr", "0", "--epochs", "1", "--checkpoint-every", "0", "--sync-bn");
    assertEquals(0, ranks.await(), ranks.error());
    JsonNode expected = epoch(alone);
    JsonNode actual = epoch(ranks);
    for (String name : List.of("steps", "loss", "loss_va", "loss_expr", "loss_au", "train_expr_accuracy")) {
      double value = expected.get(name).asDouble();
      assertEquals(value, actual.get(name).asDouble(), 1e-4 * Math.abs(value), name);
    }
    for (String name : List.of("score", "ccc_valence", "ccc_arousal", "expr_macro_f1", "au_mean_f1")) {
      assertEquals(expected.get(name).asDouble(), actual.get(name).asDouble(), 1e-4, name);
    }
  }

  private static JsonNode epoch(CommandLineProcess process) throws IOException {
    return Json.mapper().readTree(process.output()).at("/models/0/history/0");
  }

  @Test
  void fourVariablesMakeRanks() throws Exception {
    int port = CommandLineProcess.freePort();
    List<CommandLineProcess> ranks = List.of(rank(0, 2, port, folder), rank(1, 2, port, folder));
    for (CommandLineProcess rank : ranks) {
      assertEquals(0, rank.await(), rank.error());
    }
    assertSameWeights(shared.resolve("undisturbed"), folder);
  }

  @Test
  void aKilledRankCostsARestartAndNothingElse() throws Exception {
    int attempt = 1;
    while (!rankIsKilledInTime(folder.resolve("" + attempt))) {
      assertTrue(++attempt <= 5, "no rank was killed and restarted in five runs");
    }
    assertSameWeights(shared.resolve("undisturbed"), folder.resolve("" + attempt));
  }

  /** False if training was over before this process, on a starved machine, came to its turn. */
  private boolean rankIsKilledInTime(Path out) throws Exception {
    CommandLineProcess launch = launch(1, out, "--checkpoint-every", "1");
    awaitCheckpoint(launch, out);
    List<ProcessHandle> ranks = launch.children();
    boolean killed = ranks.size() == 2 && ranks.get(1).destroyForcibly();
    assertEquals(0, launch.await(), launch.error());
    return killed && launch.error().contains("restart 1 of 1 from the last checkpoint");
  }

  @Test
  void aSignalIsPassedOnAndResumeEndsBitIdentical() throws Exception {
    CommandLineProcess launch = launch(0, folder, "--checkpoint-every", "1");
    awaitCheckpoint(launch, folder);
    launch.terminate();
    assertEquals(143, launch.await(), launch.error());
    assertTrue(launch.error().contains("interrupted; all is saved"), launch.error());
    CommandLineProcess resumed = launch(0, folder, "--resume");
    assertEquals(0, resumed.await(), resumed.error());
    assertSameWeights(shared.resolve("undisturbed"), folder);
  }

  /** As when Kubernetes takes one rank's pod away. */
  @Test
  void aSignalToOneRankEndsTheOthersAsUnfinished() throws Exception {
    int port = CommandLineProcess.freePort();
    CommandLineProcess first = rank(0, 2, port, folder, "--epochs", "100000");
    CommandLineProcess second = rank(1, 2, port, folder, "--epochs", "100000");
    awaitCheckpoint(first, folder);
    second.terminate();
    assertEquals(143, second.await(), second.error());
    assertEquals(75, first.await(), first.error());
    assertTrue(first.error().contains("interrupted; all is saved"), first.error());
    assertTrue(first.output().contains("\"finished\" : false"), first.output());
  }

  /** The rank waits for an answer of rank 0, whose place this test takes. */
  @Test
  void aSignalEndsARankThatIsStillJoining() throws Exception {
    try (ServerSocket place = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      CommandLineProcess rank = rank(1, 2, place.getLocalPort(), folder, "--rank-timeout", "100000");
      try (Socket joining = place.accept()) {
        rank.terminate();
        assertEquals(143, rank.await(), rank.error());
      }
    }
  }

  @Test
  void whatCannotBeSavedAfterASignalIsTold() throws Exception {
    CommandLineProcess train = CommandLineProcess.start(
        Map.of(), train(folder, "--batch", "2", "--epochs", "100000", "--checkpoint-every", "20"));
    awaitCheckpoint(train, folder);
    train.signal("STOP"); // so that it notices nothing before the signal
    Files.move(folder.resolve("mtl"), folder.resolve("elsewhere"));
    Files.writeString(folder.resolve("mtl"), "a file");
    train.terminate();
    train.signal("CONT");
    assertEquals(1, train.await(), train.error());
    assertTrue(train.error().contains("interrupted, but not saved: "), train.error());
    assertTrue(train.error().contains(folder.resolve("mtl") + " is a file"), train.error());
  }

  @Test
  void whatARankCannotSaveAfterASignalIsAFailureOfAll() throws Exception {
    CommandLineProcess launch = launch(3, folder, "--batch", "4", "--epochs", "100000", "--checkpoint-every", "20");
    awaitCheckpoint(launch, folder);
    String first = "" + launch.children().get(0).pid();
    signal("STOP", first);
    Files.move(folder.resolve("mtl"), folder.resolve("elsewhere"));
    Files.writeString(folder.resolve("mtl"), "a file");
    terminate(launch, first);
    signal("CONT", first);
    assertEquals(1, launch.await(), launch.error());
    assertTrue(launch.error().contains("interrupted, but not saved: "), launch.error());
    assertFalse(launch.error().contains("restart 1"), launch.error());
  }

  @Test
  void ranksSaveAndEndWhenTheirLauncherIsKilled() throws Exception {
    CommandLineProcess launch = launch(0, folder, "--batch", "4", "--epochs", "100000", "--checkpoint-every", "20");
    awaitCheckpoint(launch, folder);
    List<ProcessHandle> ranks = launch.children();
    launch.kill();
    assertEquals(137, launch.await(), launch.error());
    while (ranks.stream().anyMatch(LaunchTest::runs)) {
      Thread.sleep(20);
    }
    assertTrue(launch.error().contains("interrupted; all is saved"), launch.error());
  }

  /** Nobody may be there to take note of the end of a process whose parent is gone. */
  private static boolean runs(ProcessHandle process) {
    try {
      String stat = Files.readString(Path.of("/proc", "" + process.pid(), "stat"));
      return !stat.substring(stat.lastIndexOf(')')).startsWith(") Z");
    } catch (IOException gone) {
      return false;
    }
  }

  /** As when memory runs out while a checkpoint is written. */
  @Test
  void aRankThatIsKilledAfterASignalIsAFailureOfAll() throws Exception {
    CommandLineProcess launch = launch(3, folder, "--batch", "4", "--epochs", "100000", "--checkpoint-every", "20");
    awaitCheckpoint(launch, folder);
    String first = "" + launch.children().get(0).pid();
    signal("STOP", first);
    terminate(launch, first);
    signal("KILL", first);
    assertEquals(137, launch.await(), launch.error());
    assertFalse(launch.error().contains("restart 1"), launch.error());
  }

  /** Waits until a rank that is stopped has been told. */
  private static void terminate(CommandLineProcess launch, String rank) throws Exception {
    launch.terminate();
    while (!hasPendingTerm(rank)) {
      Thread.sleep(20);
    }
  }

  private static void signal(String name, String pid) throws Exception {
    new ProcessBuilder("kill", "-" + name, pid).inheritIO().start().waitFor();
  }

  private static boolean hasPendingTerm(String pid) throws IOException {
    String status = Files.readString(Path.of("/proc", pid, "status"));
    String mask = status.lines().filter(line -> line.startsWith("ShdPnd:")).findFirst().orElseThrow().split("\\s+")[1];
    return (Long.parseUnsignedLong(mask, 16) >> 14 & 1) == 1; // SIGTERM is 15
  }

  @Test
  void aFolderInWhichAnotherProcessTrainsIsRefused() throws Exception {
    Path run = Files.createDirectories(folder.resolve("mtl"));
    try (FileChannel file =
            FileChannel.open(run.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = file.lock()) {
      assertTrue(lock.isValid());
      CommandLineProcess second = launch(3, folder, "--resume");
      assertEquals(1, second.await(), second.error());
      assertTrue(second.error().contains("another process trains in " + run), second.error());
    }
  }

  @Test
  void aRankThatStopsIsNamedAfterTheTimeOut() throws Exception {
    int seconds = 20;
    while (!stoppedRankIsNamedWithin(seconds, folder.resolve("" + seconds))) {
      seconds *= 3; // on a starved machine, ranks that work may keep each other waiting for longer than this
      assertTrue(seconds < 1000, "rank 1 was not named");
    }
    Path out = folder.resolve("" + seconds);
    CommandLineProcess resumed = launch(0, out, "--resume");
    assertEquals(0, resumed.await(), resumed.error());
    assertSameWeights(shared.resolve("undisturbed"), out);
  }

  /** Whether rank 0 lost rank 1 because that was stopped, and not before. */
  private boolean stoppedRankIsNamedWithin(int seconds, Path out) throws Exception {
    int port = CommandLineProcess.freePort();
    CommandLineProcess first = rank(0, 2, port, out, "--rank-timeout", "" + seconds);
    CommandLineProcess second = rank(1, 2, port, out, "--rank-timeout", "" + seconds);
    try {
      while (first.isAlive() && !Files.exists(out.resolve("mtl/last.safetensors"))) {
        Thread.sleep(20);
      }
      second.signal("STOP");
      assertEquals(75, first.await(), first.error());
      return Files.exists(out.resolve("mtl/last.safetensors"))
          && first.error().contains("rank 1 was lost: no part taken within " + seconds + " s");
    } finally {
      second.kill();
    }
  }

  @Test
  void ranksThatDifferAreRefusedBeforeTraining() throws Exception {
    refused(rank -> rank(rank, 2 + rank, ports[0], folder), "rank 1 has WORLD_SIZE 3, but rank 0 has 2");
    refused(
        rank -> rank(rank, 2, ports[0], folder, "--lr", rank == 0 ? "1e-3" : "2e-3"),
        "rank 1 has --lr 0.002, but rank 0 has 0.001");
    Path other = folder.resolve("other");
    faces(other, 2);
    refused(
        rank -> rank(rank, 2, ports[0], folder, "--data", (rank == 0 ? shared.resolve("faces") : other).toString()),
        "rank 1 has the data set ");
  }

  private final int[] ports = new int[1];

  private interface Starter {
    CommandLineProcess start(int rank) throws IOException;
  }

  private void refused(Starter starter, String message) throws Exception {
    ports[0] = CommandLineProcess.freePort();
    List<CommandLineProcess> ranks = List.of(starter.start(0), starter.start(1));
    for (CommandLineProcess rank : ranks) {
      assertEquals(1, rank.await(), rank.error());
      assertTrue(rank.error().contains(message), rank.error());
    }
    assertFalse(Files.exists(folder.resolve("mtl")), "nothing was written");
  }

  private static void awaitCheckpoint(CommandLineProcess process, Path out) throws InterruptedException {
    while (!Files.exists(out.resolve("mtl/last.safetensors"))) {
      assertTrue(process.isAlive(), process::error);
      Thread.sleep(20);
    }
  }
}
