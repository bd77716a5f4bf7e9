package io.github.affect4j.eval;

import java.util.List;

/**
 * Action unit scores; lists have 12 entries in the order of {@link
 * io.github.affect4j.task.ActionUnit}.
 *
 * @param rows rows used: those with at least one labelled action unit
 * @param meanF1 mean of {@code f1} with the fixed denominator 12, this task's part of P
 * @param f1 F1 of the positive class of each unit, 0 where undefined
 * @param precision precision of the positive class of each unit, 0 where undefined
 * @param recall recall of the positive class of each unit, 0 where undefined
 * @param support positive rows of each unit
 * @param labelled rows where the unit is labelled
 */
public record AuScores(
    long rows,
    double meanF1,
    List<Double> f1,
    List<Double> precision,
    List<Double> recall,
    List<Long> support,
    List<Long> labelled) {}
