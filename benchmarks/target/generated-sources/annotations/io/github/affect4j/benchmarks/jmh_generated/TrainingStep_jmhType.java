package io.github.affect4j.benchmarks.jmh_generated;
public class TrainingStep_jmhType extends TrainingStep_jmhType_B3 {
}

