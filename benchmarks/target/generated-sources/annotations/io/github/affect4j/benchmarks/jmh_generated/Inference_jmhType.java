package io.github.affect4j.benchmarks.jmh_generated;
public class Inference_jmhType extends Inference_jmhType_B3 {
}

