package io.github.affect4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Exit code and sentence of wrong command lines: 2 for a wrong option, 1 for what options name. */
class CommandLineTest {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @TempDir Path dir;

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "2 | Missing required option: task               | train --data DIR --out DIR",
    "2 | expected --task to be va, expr, au, mtl or all, got 'all4' | train --data DIR --out DIR --task all4",
    "2 | expected options only, got 'DIR'            | train --data DIR --out DIR --task va DIR",
    "2 | expected --lr to be a number of at least 0.0, got '-1' | train --data DIR --out DIR --task va --lr -1",
    "2 | expected --schedule to be constant or cosine | train --data DIR --out DIR --task va --schedule linear",
    "2 | expected --protocol to be each or all, got 'some' | train --data DIR --out DIR --task va --protocol some",
    "2 | expected --rows to be any or complete, got 'all' | paper --data DIR --out DIR --rows all",
    "2 | --beta1 must be in [0, 1), not 1.0          | train --data DIR --out DIR --task va --beta1 1",
    "2 | --eps must be above 0 and at most 1, not 0.0 | train --data DIR --out DIR --task va --eps 0",
    "2 | --batch must be from 2                      | train --data DIR --out DIR --task va --batch 70000",
    "2 | --threads must be from 1 to 1024, not 2000  | train --data DIR --out DIR --task va --threads 2000",
    "2 | --class-weights must be 8 positive numbers  | train --data DIR --out DIR --task va --class-weights 1,2,3",
    "2 | expected --class-weights to be 8 numbers    | train --data DIR --out DIR --task va --class-weights a,b",
    "2 | expected --crop-scale to be two numbers     | train --data DIR --out DIR --task va --crop-scale 0 1",
    "2 | expected --lr once, got it twice            | train --data DIR --out DIR --task va --lr 1 --lr 2",
    "2 | expected --init to be a path                | train --data DIR --out DIR --task va --init DIR/\0x",
    "2 | expected --device to be cpu, cuda or cuda:N | train --data DIR --out DIR --task va --device tpu",
    "1 | DIR/no: expected a data set folder          | train --data DIR/no --out DIR/runs --task va",
    "2 | expected a folder of annotations, got none of --va, --expr and --au | convert --images DIR --out DIR/x",
    "2 | Missing required option: images            | convert --va DIR --out DIR/x",
    "1 | DIR: expected per-video files <video>.txt  | convert --va DIR --images DIR --out DIR/y/x",
    "2 | expected '-- train' and its options         | launch --nproc 2",
    "2 | expected --nproc to be a whole number of at least 1 | launch --nproc 0 -- train",
    "2 | nothing to do: give --out or --submission   | predict --model DIR/m --data DIR --list DIR/l",
    "2 | expected --out and --submission to be two files | predict --model m --data d --list l --out x"
        + " --submission ./x",
    "2 | expected --threads to be a whole number in 1..1024 | predict --model m --data d --list l --out x"
        + " --threads 2000",
    "2 | expected --batch to be a whole number in 1..65535 | predict --model m --data d --list l --out x --batch 70000",
    "2 | --thresholds needs --submission, whose      | predict --model m --data d --list l --out x"
        + " --thresholds t",
    "1 | DIR/t: expected the JSON that --tune-thresholds writes, but there is no such file | predict --model DIR/m"
        + " --data DIR --list DIR --submission DIR/x --thresholds DIR/t",
    "1 | DIR/l: expected                             | predict --model DIR/m --data DIR --list DIR/l --out DIR/x",
    "2 | expected --out and --submission to be two files | fuse --single-va a --single-expr b --single-au c"
        + " --multi m --out DIR/x --submission DIR/y/../x",
    "2 | --thresholds needs --submission or --annotations | fuse --single-va a --single-expr b --single-au c"
        + " --multi m --out DIR/x --thresholds t",
    "2 | Missing required option: out                | export --model DIR/m",
    "1 | DIR/m: expected a safetensors file, but there is no such file | export --model DIR/m --out DIR/x",
    "2 | expected --mode to be train or predict      | bench --mode test",
    "2 | expected --task to be va, expr, au or mtl, got 'all' | bench --task all",
    "2 | expected --size to be a whole number in 32..1024 | bench --size 16",
    "2 | expected --batch to be a whole number in 2..65535 | bench --batch 1",
    "2 | expected --threads to be a whole number in 0..1024 | bench --threads 2000",
    "2 | --layers times the training step            | bench --mode predict --layers",
    "2 | leave out --size                            | bench --data DIR --size 64",
    "1 | DIR/no: expected a data set folder          | bench --data DIR/no",
    "2 | expected one folder                         | demo",
    "2 | expected 50 to 1000000 training images      | demo DIR/demo --train 10",
    "2 | to be a path, got                           | demo DIR/\0x",
    "2 | Unrecognized option: --weighted-mean        | demo DIR/demo --weighted-mean",
    "2 | --beta2 must be in [0, 1), not 1.0          | demo DIR/demo --beta2 1",
    "2 | expected options only                       | paper --data DIR --out DIR DIR",
    "2 | --eps must be above 0                       | paper --data DIR --out DIR --eps 0",
    "1 | DIR/no: expected a data set folder          | paper --data DIR/no --out DIR/paper",
    "2 | expected options only, got 'DIR'            | doctor DIR",
    "2 | expected --data to be a path                | doctor --data DIR/\0x",
    "2 | expected --cache to be a path               | doctor --cache DIR/\0x",
    "1 | DIR/?[31mno?x: expected a data set folder   | pack --data DIR/\033[31mno\007x",
    "2 | got 'a?[2Jb'                                | train --data DIR --out DIR --task a\033[2Jb",
    "1 | /dev/zero: expected the JSON that --tune-thresholds writes, but it cannot be read: it is a device"
        + " | predict --model DIR/m --data DIR --list DIR/l --submission DIR/s --thresholds /dev/zero",
    "2 | --beta1 must be in [0, 1), not 0.9999999999 | train --data DIR --out DIR --task va --beta1 0.9999999999",
  })
  void endsInOneSentence(int code, String sentence, String line) {
    String[] words = here(line).split(" ");
    assertEquals(code, run(words), err::toString);
    String message = err.toString(StandardCharsets.UTF_8);
    assertTrue(message.startsWith("affect4j " + words[0] + ": ") && message.contains(here(sentence)), message);
    assertEquals(1, message.lines().count(), message);
    assertEquals("", out.toString(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', value = {
    "usage: affect4j launch | launch --help",
    "usage: affect4j launch | launch -h --nproc 2 -- train",
    "usage: affect4j train  | launch --nproc 2 -- train --help",
  })
  void helpIsThatOfTheCommandItIsAskedOf(String usage, String line) {
    assertEquals(0, run(line.split(" ")));
    String text = out.toString(StandardCharsets.UTF_8);
    assertTrue(text.contains(usage), text);
    assertEquals(text.indexOf("usage:"), text.lastIndexOf("usage:"), text);
  }

  private String here(String text) {
    return text.replace("DIR", dir.toString());
  }

  private int run(String... words) {
    PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
    PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new Main(Commands.all(), outStream, errStream).run(words);
  }
}
