package io.github.affect4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** README's Java example, taken out of its page, compiled and run as it stands. */
class ReadmeTest {
  private static final Pattern JAVA_BLOCK = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @TempDir Path dir;

  @Test
  void javaExampleRunsAndPrintsFiniteLosses() throws Exception {
    String printed = run(compile(example()));
    Matcher total = Pattern.compile("total=([0-9.]+), va=[0-9.]+, expr=[0-9.]+, au=[0-9.]+, validVa=1, validExpr=1,")
        .matcher(printed);
    assertTrue(total.find(), printed);
    assertTrue(Double.parseDouble(total.group(1)) > 0, printed);
  }

  private static String example() throws Exception {
    Matcher block = JAVA_BLOCK.matcher(Files.readString(Path.of("README.md")));
    assertTrue(block.find(), "README.md has no block of Java");
    return block.group(1);
  }

  private Class<?> compile(String source) throws Exception {
    Path file = Files.writeString(dir.resolve("Example.java"), source);
    int code = ToolProvider.getSystemJavaCompiler()
        .run(null, null, null, "-Xlint:all", "-Werror", "-cp", System.getProperty("java.class.path"), file.toString());
    assertEquals(0, code, "javac's words are above");
    try (URLClassLoader loader = new URLClassLoader(new URL[] {dir.toUri().toURL()})) {
      return loader.loadClass("Example");
    }
  }

  private static String run(Class<?> example) throws Exception {
    PrintStream before = System.out;
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    try {
      example.getMethod("main", String[].class).invoke(null, (Object) new String[0]);
    } finally {
      System.setOut(before);
    }
    return printed.toString(StandardCharsets.UTF_8);
  }
}
