"""Runs arms in turns and summarises what they did."""

import sys
import time

from harness.spread import quartiles

READY_TIMEOUT = 900  # torch.compile and an ONNX export take minutes on small machines
STEP_TIMEOUT = 900


class Measurement:
    """One arm's rounds: seconds a step, first and last value, peak memory."""

    def __init__(self, name):
        self.name = name
        self.seconds = []
        self.first_value = None
        self.last_value = None
        self.peak_memory = 0

    def as_json(self, units_per_step):
        q1, median, q3 = quartiles(self.seconds)
        return {
            "arm": self.name,
            "seconds_per_step": {"q1": q1, "median": median, "q3": q3},
            "per_second": units_per_step / median,
            "peak_memory_bytes": self.peak_memory,
            "first_value": self.first_value,
            "last_value": self.last_value,
            "seconds": self.seconds,
        }


def run(arms, rounds, steps, warmup):
    """Measurements in the order of the arms. The order of turns rotates, so that none is always first."""
    measurements = [Measurement(arm.name) for arm in arms]
    for arm, measurement in zip(arms, measurements):
        _, measurement.first_value = arm.run(1, STEP_TIMEOUT)
        if warmup > 1:
            arm.run(warmup - 1, STEP_TIMEOUT)
    for number in range(rounds):
        for turn in range(len(arms)):
            index = (number + turn) % len(arms)
            seconds, value = arms[index].run(steps, STEP_TIMEOUT)
            measurements[index].seconds.append(seconds / steps)
            measurements[index].last_value = value
        say(f"round {number + 1} of {rounds}: " + ", ".join(
            f"{m.name} {m.seconds[-1]:.4g} s" for m in measurements))
    for arm, measurement in zip(arms, measurements):
        measurement.peak_memory = arm.peak_memory()
    return measurements


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
