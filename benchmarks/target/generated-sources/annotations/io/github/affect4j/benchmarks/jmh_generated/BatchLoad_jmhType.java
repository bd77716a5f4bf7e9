package io.github.affect4j.benchmarks.jmh_generated;
public class BatchLoad_jmhType extends BatchLoad_jmhType_B3 {
}

