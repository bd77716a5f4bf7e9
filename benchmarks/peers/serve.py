"""The side of an arm in the protocol of harness/arm.py."""

import sys
import time


def serve(step):
    """step() does one unit of work and returns a float that shows it was done."""
    print("READY", flush=True)
    for line in sys.stdin:
        steps = int(line.removeprefix("run "))
        value = 0.0
        start = time.perf_counter()
        for _ in range(steps):
            value = step()
        print("DONE", time.perf_counter() - start, value, flush=True)
