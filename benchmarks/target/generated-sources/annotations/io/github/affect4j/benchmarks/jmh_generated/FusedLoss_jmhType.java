package io.github.affect4j.benchmarks.jmh_generated;
public class FusedLoss_jmhType extends FusedLoss_jmhType_B3 {
}

