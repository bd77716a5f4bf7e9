package io.github.affect4j.eval;

import java.util.List;

/**
 * Expression scores; lists have 8 entries in the order of {@link
 * io.github.affect4j.task.Expression}.
 *
 * @param rows rows used
 * @param macroF1 mean of {@code f1} with the fixed denominator 8, this task's part of P
 * @param accuracy share of rows predicted right, in [0, 1]
 * @param f1 F1 of each class, 0 where undefined
 * @param precision precision of each class, 0 where undefined
 * @param recall recall of each class, 0 where undefined
 * @param support labelled rows of each class
 * @param confusion 8 x 8 counts, a row a label, a column a prediction
 */
public record ExprScores(
    long rows,
    double macroF1,
    double accuracy,
    List<Double> f1,
    List<Double> precision,
    List<Double> recall,
    List<Long> support,
    List<List<Long>> confusion) {}
