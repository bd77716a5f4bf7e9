package io.github.affect4j.benchmarks.jmh_generated;
public class BoundaryCall_jmhType extends BoundaryCall_jmhType_B3 {
}

