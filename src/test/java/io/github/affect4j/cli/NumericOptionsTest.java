package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.cli.Option;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is no number as the engine holds it is refused, for every option of every command that takes one. */
class NumericOptionsTest {
  private static final Set<String> WHOLE = Set.of("N", "PIXELS");
  private static final Set<String> DECIMAL = Set.of("X", "S", "MIN MAX", "W0,..,W7");

  /** What each command needs beside the option. */
  private static final Map<String, String> LINES =
      Map.of(
          "train", "--data d --out o --task va", "paper", "--data d --out o",
          "demo", "/dev/null/d", "bench", "--dtype fp32",
          "predict", "--model m --data d --list l --out o", "evaluate", "--predictions p --annotations a",
          "fuse", "--single-va a --single-expr b --single-au c --multi d --out o",
          "smooth", "--predictions p --out o", "launch", "-- train");

  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  record Case(Command command, Option option) {
    @Override
    public String toString() {
      return command.name() + " --" + option.getLongOpt();
    }
  }

  static Stream<Case> options() {
    return Commands.all().stream().flatMap(command ->
        command.options().getOptions().stream()
            .filter(Option::hasArg)
            .filter(option -> WHOLE.contains(option.getArgName()) || DECIMAL.contains(option.getArgName()))
            .sorted(Comparator.comparing(Option::getLongOpt))
            .map(option -> new Case(command, option)));
  }

  @ParameterizedTest
  @MethodSource("options")
  void refusesWhatIsNoNumber(Case tried) {
    List<String> bad = new ArrayList<>(
        List.of("", "1 1", "1_000", "0x10", "NaN", "Infinity", "1f", "1d", "1e400", "-1e400", "٢", "1;5", "\033[31m"));
    bad.add("9".repeat(400));
    bad.addAll(
        DECIMAL.contains(tried.option().getArgName()) ? List.of("1e-400", "1e-42", "0x1p3") : List.of("1e3", "1.5"));
    for (String value : bad) {
      err.reset();
      List<String> words = words(tried, value);
      assertEquals(2, run(words), () -> words + ": " + err.toString(StandardCharsets.UTF_8));
      String message = err.toString(StandardCharsets.UTF_8);
      assertTrue(message.contains(": expected --" + tried.option().getLongOpt() + " to be "), message);
      assertTrue(message.length() < 300 && message.lines().count() == 1 && message.indexOf('\033') < 0, message);
    }
  }

  private static List<String> words(Case tried, String value) {
    List<String> words = new ArrayList<>(List.of(tried.command().name(), "--" + tried.option().getLongOpt()));
    switch (tried.option().getArgName()) {
      case "MIN MAX" -> words.addAll(List.of(value, "1"));
      case "W0,..,W7" -> words.add("1,1,1," + value + ",1,1,1,1");
      default -> words.add(value);
    }
    words.addAll(Arrays.asList(LINES.get(tried.command().name()).split(" ")));
    if (tried.command().name().equals("launch") && !tried.option().getLongOpt().equals("nproc")) {
      words.addAll(1, List.of("--nproc", "2"));
    }
    return words;
  }

  @Test
  void everyNumberIsTried() {
    assertEquals(9, LINES.keySet().size());
    assertTrue(options().map(tried -> tried.command().name()).distinct().toList().containsAll(LINES.keySet()));
    assertTrue(options().count() > 40, () -> options().toList().toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "0.0", "-0", "0e5", "5e-5", ".5", "1.", "+1", "1E-37", "00001"})
  void takesWhatIsOne(String value) {
    run(List.of("train", "--lr", value, "--data", "/no", "--out", "/no", "--task", "va"));
    String message = err.toString(StandardCharsets.UTF_8);
    assertTrue(message.contains("expected a data set folder"), message);
  }

  @ParameterizedTest
  @ValueSource(strings = {
    "1e-400 | at least 0.0, got '1e-400'; the smallest above 0 is 1.17549435E-38",
    "1e39 | at least 0.0, got '1e39'; the largest is 3.4028235E38",
    "1f | at least 0.0, got '1f'; write it in digits, such as 0.001 or 1e-3",
  })
  void saysWhatWouldBeOne(String row) {
    String[] parts = row.split(" \\| ");
    run(List.of("train", "--lr", parts[0], "--data", "/no", "--out", "/no", "--task", "va"));
    assertTrue(err.toString(StandardCharsets.UTF_8).contains(parts[1]), err.toString(StandardCharsets.UTF_8));
  }

  private int run(List<String> words) {
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Main(Commands.all(), stream, stream).run(words.toArray(String[]::new));
  }
}
