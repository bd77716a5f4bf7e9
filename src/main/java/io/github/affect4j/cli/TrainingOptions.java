package io.github.affect4j.cli;

import io.github.affect4j.data.CropRange;
import io.github.affect4j.engine.Device;
import io.github.affect4j.engine.Precision;
import io.github.affect4j.engine.Rank;
import io.github.affect4j.io.InputException;
import io.github.affect4j.io.Printable;
import io.github.affect4j.train.Hyperparameters;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/** Options that several commands share: hyper-parameters, device, threads, cache. */
final class TrainingOptions {
  private TrainingOptions() {}

  /** Adds the hyper-parameters, with the defaults in their descriptions. */
  static Options addHyperparameters(Options options, Hyperparameters defaults) {
    addOptimizer(options, defaults);
    addData(options, defaults);
    return options;
  }

  private static void addOptimizer(Options options, Hyperparameters defaults) {
    value(options, "lr", "X", "learning rate of Adam", defaults.lr());
    value(options, "schedule", "constant|cosine", "how the rate changes", Arguments.name(defaults.schedule()));
    value(options, "warmup", "N", "updates over which the rate first rises", defaults.warmup());
    value(options, "weight-decay", "X", "L2 term added to the gradient", defaults.weightDecay());
    value(options, "beta1", "X", "Adam's decay of the first moment", defaults.beta1());
    value(options, "beta2", "X", "Adam's decay of the second moment", defaults.beta2());
    value(options, "eps", "X", "Adam's denominator term", defaults.eps());
    value(options, "batch", "N", "images a batch", defaults.batch());
    value(options, "epochs", "N", "passes over the training set", defaults.epochs());
    value(options, "patience", "N", "stop after N epochs without a better validation score; 0: never",
        defaults.patience());
    value(options, "protocol", "each|all", "validation rows that tell the best epoch, as in evaluate",
        defaults.protocol().label());
    value(options, "focal-gamma", "X", "exponent of the action units' focal loss", defaults.focalGamma());
    if (!defaults.weightedMean()) {
      options.addOption(Option.builder().longOpt("weighted-mean")
          .desc("divide the expression loss by the sum of class weights, as PyTorch does (default: by the rows,"
              + " as the paper)").get());
    }
    options.addOption(Option.builder().longOpt("class-weights").hasArg().argName("W0,..,W7")
        .desc("weights of the 8 expressions (default: N/N_y, counted)").get());
  }

  private static void addData(Options options, Hyperparameters defaults) {
    value(options, "rows", "any|complete", "rows to train on: any with a label of the model's tasks, or of them those"
        + " complete in all tasks that the set has labels of", Arguments.name(defaults.rows()));
    options.addOption(Option.builder().longOpt("crop-scale").numberOfArgs(2).argName("MIN MAX")
        .desc("area of the random crop as a share of the image (default " + defaults.crop().minScale() + " "
            + defaults.crop().maxScale() + ")").get());
    options.addOption(Option.builder().longOpt("no-flip").desc("never mirror images").get());
    value(options, "seed", "N", "of initial weights, order and crops", defaults.seed());
    options.addOption(Option.builder().longOpt("dtype").hasArg().argName("fp32|bf16")
        .desc("storage of activations: bf16 halves their memory (default " + defaults.dtype().label() + ")").get());
    options.addOption(Option.builder().longOpt("init").hasArg().argName("F")
        .desc("safetensors file with a pretrained ResNet-50, torchvision's names (default: random)").get());
    addThreads(options);
  }

  static Options addThreads(Options options) {
    return options.addOption(Option.builder().longOpt("threads").hasArg().argName("N")
        .desc("processor threads (default: all processors)").get());
  }

  static Options addDevice(Options options) {
    return options.addOption(Option.builder().longOpt("device").hasArg().argName("cpu|cuda|cuda:N")
        .desc("where to compute (default cpu); cuda is cuda:0, or for one of several ranks the GPU of its"
            + " LOCAL_RANK").get());
  }

  static Options addCache(Options options) {
    return options.addOption(Option.builder().longOpt("cache").hasArg().argName("DIR")
        .desc("folder for decoded images (default: ~/.cache/affect4j/images)").get());
  }

  static void value(Options options, String name, String argument, String text, Object absent) {
    String shown = absent instanceof Double ? absent.toString().replace(".0E", "e") : absent.toString();
    options.addOption(Option.builder().longOpt(name).hasArg().argName(argument)
        .desc(text + " (default " + shown + ")").get());
  }

  /** The hyper-parameters given, and for those that are not the ones of {@code absent}. */
  static Hyperparameters hyperparameters(CommandLine line, Hyperparameters absent) throws ParseException {
    try {
      return checked(line, absent);
    } catch (InputException e) {
      throw new ParseException(e.getMessage());
    }
  }

  private static Hyperparameters checked(CommandLine line, Hyperparameters absent) throws ParseException {
    Arguments arguments = new Arguments(line);
    return new Hyperparameters(
        arguments.number("lr", absent.lr(), 0, Double.MAX_VALUE),
        arguments.choice("schedule", absent.schedule()),
        arguments.integer("warmup", absent.warmup(), 0),
        arguments.number("weight-decay", absent.weightDecay(), 0, 10),
        arguments.number("beta1", absent.beta1(), 0, 1),
        arguments.number("beta2", absent.beta2(), 0, 1),
        arguments.number("eps", absent.eps(), 0, 1),
        arguments.integer("batch", absent.batch(), 2),
        arguments.integer("epochs", absent.epochs(), 1),
        arguments.integer("patience", absent.patience(), 0),
        crop(line, absent.crop()),
        absent.flip() && !arguments.has("no-flip"),
        arguments.number("focal-gamma", absent.focalGamma(), 0, 100),
        absent.weightedMean() || arguments.has("weighted-mean"),
        classWeights(line, absent.classWeights()),
        arguments.integer("seed", absent.seed(), Long.MIN_VALUE, Long.MAX_VALUE),
        arguments.choice("dtype", absent.dtype()),
        arguments.integer("threads", absent.threads(), 1),
        init(arguments, absent.init()),
        arguments.choice("protocol", absent.protocol()),
        arguments.choice("rows", absent.rows()));
  }

  private static String init(Arguments arguments, String absent) throws ParseException {
    Path given = arguments.path("init");
    return given == null ? absent : given.toString();
  }

  private static CropRange crop(CommandLine line, CropRange absent) throws ParseException {
    String[] values = line.getOptionValues("crop-scale");
    if (values == null) {
      return absent;
    }
    try {
      return new CropRange(
          Arguments.decimal(values[0]), Arguments.decimal(values[1]), absent.minRatio(), absent.maxRatio());
    } catch (IllegalArgumentException e) {
      throw new ParseException("expected --crop-scale to be two numbers with 0 < MIN <= MAX <= 1, got "
          + Printable.quote(String.join(" ", values)));
    }
  }

  private static List<Double> classWeights(CommandLine line, List<Double> absent) throws ParseException {
    String text = line.getOptionValue("class-weights");
    if (text == null) {
      return absent;
    }
    List<Double> weights = Arrays.stream(text.split(",", -1)).map(String::strip).map(Arguments::decimal).toList();
    if (weights.stream().anyMatch(weight -> weight.isNaN())) {
      throw new ParseException("expected --class-weights to be 8 numbers with commas, got " + Printable.quote(text));
    }
    return weights;
  }

  static Device device(CommandLine line) throws ParseException {
    String text = line.getOptionValue("device", "cpu");
    Device device =
        text.equals("cuda") ? new Device(Rank.localIndex(System.getenv())) : Device.parse(text);
    if (device == null) {
      throw new ParseException("expected --device to be cpu, cuda or cuda:N, got " + Printable.quote(text));
    }
    return device;
  }

  static int threads(CommandLine line) throws ParseException {
    int all = Hyperparameters.paper().threads();
    return new Arguments(line).integer("threads", all, 1, Hyperparameters.MAX_THREADS);
  }

  /** {@code null} if not given: the model's own. */
  static Precision precision(CommandLine line) throws ParseException {
    return line.hasOption("dtype") ? new Arguments(line).choice("dtype", Precision.FP32) : null;
  }

  static Path cache(CommandLine line) throws ParseException {
    Path given = new Arguments(line).path("cache");
    return given != null ? given : cache(System.getenv());
  }

  /** Where bin/affect4j caches too. Java knows no home ("?") of a user without an entry in passwd. */
  static Path cache(Map<String, String> environment) throws ParseException {
    String base = environment.getOrDefault("XDG_CACHE_HOME", "");
    if (base.isEmpty()) {
      String home = environment.getOrDefault("HOME", "");
      return Arguments.path("HOME", home.isEmpty() ? System.getProperty("user.home") : home)
          .resolve(".cache/affect4j/images");
    }
    return Arguments.path("XDG_CACHE_HOME", base).resolve("affect4j/images");
  }
}
