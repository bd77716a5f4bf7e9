/** The words of the field that all other packages share: tasks, expressions, action units, labels, a model's heads. */
package io.github.affect4j.task;
