package io.github.affect4j.data;

import java.nio.file.Path;

/**
 * What to pack.
 *
 * @param data folder of a data set in the official layout
 * @param out folder of the packed data set; may be {@code data}, which then keeps both
 * @param verify read everything back and compare it with its checksums
 */
public record PackOptions(Path data, Path out, boolean verify) {}
