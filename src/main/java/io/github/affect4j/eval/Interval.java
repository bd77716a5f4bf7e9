package io.github.affect4j.eval;

import com.fasterxml.jackson.annotation.JsonFormat;

/** A confidence interval; in JSON an array {@code [low, high]}. */
@JsonFormat(shape = JsonFormat.Shape.ARRAY)
public record Interval(double low, double high) {}
