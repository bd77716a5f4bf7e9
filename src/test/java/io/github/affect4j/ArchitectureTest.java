package io.github.affect4j;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.stream.Stream;

/** The package rules of CONTRIBUTING.md: one for each Java row of its table, then those of foreign packages. */
@AnalyzeClasses(packages = "io.github.affect4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "io.github.affect4j.";

  @ArchTest
  static final ArchRule nobodyDependsOnTheCommandLine =
      noClasses().that().resideOutsideOfPackage(ROOT + "cli..")
          .should().dependOnClassesThat().resideInAPackage(ROOT + "cli..");

  @ArchTest static final ArchRule doctor = room("doctor", "engine", "data", "task", "io");

  @ArchTest
  static final ArchRule paper = room("paper", "train", "engine", "data", "eval", "fusion", "task", "io");

  @ArchTest static final ArchRule train = room("train", "engine", "data", "eval", "fusion", "task", "io");
  @ArchTest static final ArchRule launch = room("launch", "io");
  @ArchTest static final ArchRule bench = room("bench", "train", "engine", "data", "eval", "task", "io");
  @ArchTest static final ArchRule engine = room("engine", "task", "io");
  @ArchTest static final ArchRule engineInternal = room("engine.internal", "engine");
  @ArchTest static final ArchRule data = room("data", "engine", "task", "io");
  @ArchTest static final ArchRule eval = room("eval", "task", "io");
  @ArchTest static final ArchRule fusion = room("fusion", "eval", "data", "task", "io");
  @ArchTest static final ArchRule io = room("io");

  @ArchTest
  static final ArchRule taskDependsOnNothing =
      classes().that().resideInAPackage(ROOT + "task..")
          .should().onlyDependOnClassesThat().resideInAnyPackage(ROOT + "task..", "java..");

  @ArchTest
  static final ArchRule onlyTheEngineKnowsItsInside =
      noClasses().that().resideOutsideOfPackage(ROOT + "engine..")
          .should().dependOnClassesThat().resideInAPackage(ROOT + "engine.internal..");

  @ArchTest
  static final ArchRule onlyTheEngineBindsNativeCode =
      noClasses().that().resideOutsideOfPackage(ROOT + "engine.internal..")
          .should().dependOnClassesThat().resideInAPackage("org.bytedeco..");

  @ArchTest
  static final ArchRule onlyTheCommandLineParsesOptions =
      noClasses().that().resideOutsideOfPackage(ROOT + "cli..")
          .should().dependOnClassesThat().resideInAPackage("org.apache.commons.cli..");

  /** Of our packages, this one depends on itself and those named only. */
  private static ArchRule room(String name, String... others) {
    String[] allowed =
        Stream.concat(Stream.of(name), Stream.of(others)).map(other -> ROOT + other + "..").toArray(String[]::new);
    return noClasses().that().resideInAPackage(ROOT + name + "..")
        .should().dependOnClassesThat(resideInAPackage(ROOT + ".").and(resideOutsideOfPackages(allowed)));
  }
}
