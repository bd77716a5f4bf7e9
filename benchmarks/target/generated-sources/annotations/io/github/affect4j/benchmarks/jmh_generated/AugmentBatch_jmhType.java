package io.github.affect4j.benchmarks.jmh_generated;
public class AugmentBatch_jmhType extends AugmentBatch_jmhType_B3 {
}

