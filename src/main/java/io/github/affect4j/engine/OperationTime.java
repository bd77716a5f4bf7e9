package io.github.affect4j.engine;

/**
 * One operation of a training step.
 *
 * @param layer torchvision's module name, such as {@code layer1.0.conv1}
 * @param operation such as {@code forward} or {@code backward weights}; includes what is fused into it
 * @param seconds wall time
 * @param flops floating-point operations, a multiply-add counted as two; 0 for a pass over memory
 * @param bytes activations read and written, each counted once
 */
public record OperationTime(String layer, String operation, double seconds, double flops, double bytes) {}
