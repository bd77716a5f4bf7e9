package io.github.affect4j.benchmarks.jmh_generated;
public class Adam_jmhType extends Adam_jmhType_B3 {
}

