package io.github.affect4j;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The package rules of CONTRIBUTING.md. */
@AnalyzeClasses(packages = "io.github.affect4j", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String ROOT = "io.github.affect4j.";

  @ArchTest
  static final ArchRule taskDependsOnNothing =
      classes().that().resideInAPackage(ROOT + "task..")
          .should().onlyDependOnClassesThat().resideInAnyPackage(ROOT + "task..", "java..");

  @ArchTest
  static final ArchRule pureRoomsDoNotKnowTheEngine =
      noClasses().that().resideInAnyPackage(ROOT + "eval..", ROOT + "fusion..", ROOT + "data..", ROOT + "io..")
          .should().dependOnClassesThat().resideInAPackage(ROOT + "engine..")
          .allowEmptyShould(true);

  @ArchTest
  static final ArchRule onlyTheEngineKnowsItsInside =
      noClasses().that().resideOutsideOfPackage(ROOT + "engine..")
          .should().dependOnClassesThat().resideInAPackage(ROOT + "engine.internal..");

  @ArchTest
  static final ArchRule onlyTheEngineBindsNativeCode =
      noClasses().that().resideOutsideOfPackages(ROOT + "engine.internal..", ROOT + "data..")
          .should().dependOnClassesThat().resideInAPackage("org.bytedeco..");

  @ArchTest
  static final ArchRule nobodyDependsOnTheCommandLine =
      noClasses().that().resideOutsideOfPackage(ROOT + "cli..")
          .should().dependOnClassesThat().resideInAPackage(ROOT + "cli..");

  @ArchTest
  static final ArchRule onlyTheCommandLineParsesOptions =
      noClasses().that().resideOutsideOfPackage(ROOT + "cli..")
          .should().dependOnClassesThat().resideInAPackage("org.apache.commons.cli..");
}
