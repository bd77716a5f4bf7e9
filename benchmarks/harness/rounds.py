"""Runs arms in turns and summarises what they did."""

import math
import sys
import time

from harness.machine import Neighbours
from harness.spread import quartiles

READY_TIMEOUT = 900  # torch.compile and an ONNX export take minutes on small machines
STEP_TIMEOUT = 900
TURN_SECONDS = 0.5  # of short work: enough for the clock, and to see who else used the CPUs


class Measurement:
    """One arm's rounds: seconds a step, values, peak memory, turns that others disturbed."""

    def __init__(self, name):
        self.name = name
        self.steps = 1
        self.seconds = []
        self.first_value = None
        self.second_value = None
        self.values = []
        self.peak_memory = 0
        self.disturbed = 0

    def as_json(self, units_per_step):
        q1, median, q3 = quartiles(self.seconds)
        return {
            "arm": self.name,
            "seconds_per_step": {"q1": q1, "median": median, "q3": q3},
            "per_second": units_per_step / median,
            "peak_memory_bytes": self.peak_memory,
            "first_value": self.first_value,
            "second_value": self.second_value,
            # After as many turns as there are rounds, though some were repeated: the same for all arms.
            "last_value": self.values[len(self.seconds) - 1],
            "steps_per_turn": self.steps,
            "disturbed_turns": self.disturbed,
            "seconds": self.seconds,
        }


def run(arms, rounds, steps, warmup, patience=0):
    """Measurements in the order of the arms. The order of turns rotates, so that none is always first.

    steps: of a turn; 0 chooses for each arm what fills TURN_SECONDS.
    patience: how many turns may be repeated because other processes used the CPUs meanwhile. A turn
    is judged by their CPU time alone, never by its own time.
    """
    measurements = [Measurement(arm.name) for arm in arms]
    for arm, measurement in zip(arms, measurements):
        _, measurement.first_value = arm.run(1, STEP_TIMEOUT)
        _, measurement.second_value = arm.run(1, STEP_TIMEOUT)
        seconds, _ = arm.run(warmup, STEP_TIMEOUT)
        measurement.steps = steps or math.ceil(TURN_SECONDS / (seconds / warmup))
    for number in range(rounds):
        for turn in range(len(arms)):
            index = (number + turn) % len(arms)
            patience -= take_turn(arms[index], measurements[index], patience)
        say(f"round {number + 1} of {rounds}: " + ", ".join(
            f"{m.name} {m.seconds[-1]:.4g} s" for m in measurements))
    for arm, measurement in zip(arms, measurements):
        measurement.peak_memory = arm.peak_memory()
    return measurements


def take_turn(arm, measurement, patience):
    """Adds one turn; returns how many it repeated."""
    for repeated in range(patience + 1):
        neighbours = Neighbours(arm.pid)
        seconds, value = arm.run(measurement.steps, STEP_TIMEOUT)
        measurement.values.append(value)
        disturbed = neighbours.disturbed()
        if not disturbed:
            break
    measurement.seconds.append(seconds / measurement.steps)
    measurement.disturbed += disturbed
    return repeated


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)
