package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.affect4j.data.DatasetFolder;
import io.github.affect4j.data.DecodeProgress;
import io.github.affect4j.data.synthetic.SyntheticFaces;
import io.github.affect4j.data.synthetic.SyntheticOptions;
import io.github.affect4j.io.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command from arguments to output and exit code. */
class PackCommandTest {
  @TempDir Path dir;
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private String data;
  private String packed;

  @BeforeEach
  void generate() {
    data = dir.resolve("data").toString();
    packed = dir.resolve("packed").toString();
    SyntheticFaces.generate(Path.of(data), new SyntheticOptions(50, 50, 0, 32, 1), DecodeProgress.NONE);
  }

  private int run(String... args) {
    Main main = new Main(
        List.of(new PackCommand()),
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
    return main.run(args);
  }

  @Test
  void packsThenVerifies() throws IOException {
    assertEquals(0, run("pack", "--data", data, "--out", packed, "--json"));
    JsonNode report = Json.mapper().readTree(out.toString(StandardCharsets.UTF_8));
    assertEquals(100, report.get("images").asInt());
    assertEquals(94, report.get("usable").asInt());
    out.reset();
    assertEquals(0, run("pack", "--data", packed, "--verify"));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("verified: all pixels match"), out.toString());
  }

  @Test
  void aDamagedPixelIsExitCodeOne() throws IOException {
    assertEquals(0, run("pack", "--data", data, "--out", packed));
    Path shard = Path.of(packed, DatasetFolder.SHARD_FILE);
    byte[] bytes = Files.readAllBytes(shard);
    bytes[5000] ^= 1;
    Files.write(shard, bytes);
    out.reset();
    assertEquals(1, run("pack", "--data", packed, "--verify", "--json"));
    assertEquals(1, Json.mapper().readTree(out.toString(StandardCharsets.UTF_8)).get("damaged").size());
  }

  @Test
  void badInputIsOneLine() {
    assertEquals(1, run("pack", "--data", dir.resolve("absent").toString()));
    String message = err.toString(StandardCharsets.UTF_8).strip();
    assertTrue(message.startsWith("affect4j pack: ") && message.contains("there is none"), message);
    assertEquals(1, message.lines().count());
  }

  @Test
  void unknownArgumentsAreUsageErrors() {
    assertEquals(2, run("pack"));
    assertEquals(2, run("pack", "--data", data, "surplus"));
  }
}
