"""Statistics of interleaved rounds: medians and quartiles, and ratios paired by round."""

import random
import statistics

RESAMPLES = 2000
SEED = 1


def quartiles(values):
    """First quartile, median, third quartile."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))


def ratio(times, reference_times):
    """How many times faster than the reference: the median of the rounds' ratios with its 95 % interval.

    Arms of one round ran next to each other, so what disturbed a round cancels in its ratio. The
    interval is a percentile bootstrap over rounds.
    """
    ratios = [reference / own for own, reference in zip(times, reference_times, strict=True)]
    generator = random.Random(SEED)
    medians = sorted(statistics.median(generator.choices(ratios, k=len(ratios))) for _ in range(RESAMPLES))
    low, high = medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES) - 1]
    return statistics.median(ratios), low, high
