package io.github.affect4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;

/** What {@code --help} shows of a command: usage, options in the command's order, examples. */
record HelpText(Command command, Options options) {
  private static final int WIDTH = 100;
  private static final int GAP = 2;

  @Override
  public String toString() {
    StringJoiner lines = new StringJoiner("\n");
    lines.add(command.summary()).add("").add(usage()).add("");
    int column = options.getOptions().stream().mapToInt(option -> label(option).length()).max().orElse(0) + 2 * GAP;
    for (Option option : options.getOptions()) {
      String head = " ".repeat(GAP) + label(option);
      for (String line : wrapped(option.getDescription(), WIDTH - column)) {
        lines.add(head + " ".repeat(column - head.length()) + line);
        head = "";
      }
    }
    lines.add("").add("examples:");
    command.examples().forEach(example -> lines.add(" ".repeat(GAP) + example));
    return lines.toString();
  }

  private String usage() {
    StringJoiner words = new StringJoiner(" ").add("usage: affect4j").add(command.name());
    options.getOptions().stream().filter(Option::isRequired).map(HelpText::label).forEach(words::add);
    words.add("[options]");
    return command.arguments().isEmpty() ? words.toString() : words.add(command.arguments()).toString();
  }

  private static String label(Option option) {
    String name = (option.getOpt() == null ? "" : "-" + option.getOpt() + ", ") + "--" + option.getLongOpt();
    return option.hasArg() ? name + " <" + option.getArgName() + ">" : name;
  }

  private static List<String> wrapped(String text, int width) {
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ")) {
      if (line.length() > 0 && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.length() == 0 ? "" : " ").append(word);
    }
    lines.add(line.toString());
    return lines;
  }
}
