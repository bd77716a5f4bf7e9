/** The paper's experiment as one run: four models trained, fused and compared, on any data set. */
package io.github.affect4j.paper;
