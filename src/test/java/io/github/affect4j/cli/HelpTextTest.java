package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.junit.jupiter.api.Test;

class HelpTextTest {
  @Test
  void showsRequiredOptionsFirstAndWrapsDescriptions() {
    Options options = new Options()
        .addOption(Option.builder().longOpt("some").desc("word ".repeat(30).strip()).get())
        .addOption(Option.builder().longOpt("data").hasArg().argName("DIR").required().desc("a folder").get());
    String text = new HelpText(named("pack"), options).toString();
    assertTrue(text.contains("\nusage: affect4j pack --data <DIR> [options]\n"), text);
    assertTrue(text.contains("\n  --data <DIR>  a folder\n"), text);
    List<String> lines = text.lines().filter(line -> line.contains("word")).toList();
    assertEquals(2, lines.size(), text);
    assertTrue(lines.get(0).startsWith("  --some        word") && lines.get(0).length() <= 100, text);
    assertTrue(lines.get(1).startsWith("                word"), text);
  }

  @Test
  void showsTheDefaultsOfTheCommandItself() {
    assertTrue(help("demo").contains("how the rate changes (default cosine)"), help("demo"));
    assertFalse(help("demo").contains("--weighted-mean"), "it is on in the demo");
    assertTrue(help("train").contains("how the rate changes (default constant)"), help("train"));
    assertTrue(help("train").contains("--weighted-mean"), help("train"));
  }

  private static String help(String command) {
    return new HelpText(named(command), named(command).options()).toString();
  }

  /** Examples are complete: their commands and options exist, and none that is required is missing. */
  @Test
  void allExamplesParse() throws Exception {
    for (Command command : Commands.all()) {
      for (String example : command.examples()) {
        List<String> words = Arrays.asList(example.split(" "));
        assertEquals("affect4j", words.get(0), example);
        parse(words.subList(1, words.size()));
      }
    }
  }

  private static void parse(List<String> words) throws Exception {
    Command command = named(words.get(0));
    String[] options = words.subList(1, words.size()).toArray(String[]::new);
    CommandLine line = DefaultParser.builder().setAllowPartialMatching(false).get().parse(command.options(), options);
    if (command.arguments().isEmpty()) {
      assertEquals(List.of(), line.getArgList(), words.toString());
    } else if (command.name().equals("launch")) {
      parse(line.getArgList());
    }
  }

  private static Command named(String name) {
    return Commands.all().stream().filter(command -> command.name().equals(name)).findFirst().orElseThrow();
  }
}
