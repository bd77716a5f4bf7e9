package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.github.affect4j.fuzz.Fuzz;
import io.github.affect4j.fuzz.InMemory;
import io.github.affect4j.train.Hyperparameters;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Texts of options, which become numbers and choices. */
class ArgumentsFuzzTest {
  private static final Map<String, ToDoubleFunction<Hyperparameters>> NUMBERS = Map.of(
      "lr", Hyperparameters::lr,
      "weight-decay", Hyperparameters::weightDecay,
      "beta1", Hyperparameters::beta1,
      "beta2", Hyperparameters::beta2,
      "eps", Hyperparameters::eps,
      "focal-gamma", Hyperparameters::focalGamma,
      "batch", Hyperparameters::batch,
      "epochs", Hyperparameters::epochs,
      "threads", Hyperparameters::threads);

  @TempDir(factory = InMemory.class) Path dir;
  private Path predictions;

  @BeforeEach
  void writePredictions() throws IOException {
    predictions = Files.writeString(dir.resolve("raw.csv"),
        """
        image,valence_logit,arousal_logit
        v/00001.jpg,0.5,-0.25
        v/00002.jpg,1.5,-1.25
        """);
  }

  /** One argument a line. */
  @FuzzTest
  void trainingOptions(byte[] input) throws Exception {
    Fuzz.bytes(input, bytes -> {
      String[] args = new String(bytes, StandardCharsets.UTF_8).split("\n");
      try {
        Options options = TrainingOptions.addHyperparameters(new Options(), Hyperparameters.paper());
        CommandLine line = DefaultParser.builder().setAllowPartialMatching(false).get()
            .parse(TrainingOptions.addDevice(options), args);
        requireTaken(line, TrainingOptions.hyperparameters(line, Hyperparameters.paper()));
        TrainingOptions.device(line);
        TrainingOptions.precision(line);
      } catch (ParseException e) {
        assertFalse(e.getMessage().isBlank());
      }
    });
  }

  /** What is taken is what was written, to the last bit; a number that is not 0 does not become 0. */
  private static void requireTaken(CommandLine line, Hyperparameters options) {
    NUMBERS.forEach((name, value) -> {
      String text = line.getOptionValue(name);
      if (text != null) {
        BigDecimal written = new BigDecimal(text);
        double taken = value.applyAsDouble(options);
        assertEquals(written.doubleValue(), taken, name);
        assertEquals(written.signum(), (int) Math.signum(taken), () -> name + " " + text);
      }
    });
  }

  @FuzzTest
  void sigma(byte[] input) throws Exception {
    Fuzz.bytes(input, bytes -> {
      String text = new String(bytes, StandardCharsets.UTF_8);
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      PrintStream messages = new PrintStream(err, true, StandardCharsets.UTF_8);
      PrintStream nowhere = new PrintStream(new ByteArrayOutputStream(), false, StandardCharsets.UTF_8);
      int code = new Main(List.of(new SmoothCommand()), nowhere, messages)
          .run("smooth", "--predictions", predictions.toString(), "--out", dir.resolve("out.csv").toString(),
              "--va=" + text);
      assertTrue(code == 0 || code == 2, () -> code + ": " + err.toString(StandardCharsets.UTF_8));
      if (code != 0) {
        String message = err.toString(StandardCharsets.UTF_8).stripTrailing();
        Fuzz.requireSentence(message);
        assertTrue(message.chars().noneMatch(c -> Character.isISOControl(c) && c != '\t'), message);
      }
    });
  }
}
