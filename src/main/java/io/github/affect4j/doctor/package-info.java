/** Examination of the machine and of a data set: facts, what will be used, findings with advice. */
package io.github.affect4j.doctor;
