"""The table of a comparison, and the check that its arms did the same work."""

from harness.spread import ratio

# Largest relative difference of a first step's value from the reference's: rounding, not training,
# which later steps would mix in.
TOLERANCE = {"fp32": 2e-3, "bf16": 5e-2}


def best_peer(results):
    """The fastest arm that is not ours; the first arm if all are ours."""
    peers = [r for r in results if not r["arm"].startswith("ours")]
    return min(peers, key=lambda r: r["seconds_per_step"]["median"]) if peers else results[0]


def add_ratios(results, reference):
    for result in results:
        result["ratio"] = dict(zip(("median", "low", "high"), ratio(result["seconds"], reference["seconds"])))


def disagreements(results):
    """A sentence for each arm whose first value differs from that of the first fp32 arm."""
    expected = next((r for r in results if "fp32" in r["arm"]), results[0])
    sentences = []
    for result in results:
        tolerance = TOLERANCE["bf16" if "bf16" in result["arm"] else "fp32"]
        difference = abs(result["first_value"] / expected["first_value"] - 1)
        if not difference <= tolerance:
            sentences.append(
                f"{result['arm']} computed {result['first_value']:.6g} in its first step, "
                f"{expected['arm']} {expected['first_value']:.6g}: {difference:.1e} apart, allowed are {tolerance:.0e}")
    return sentences


WIDEST_INTERVAL = 0.1


def verdict(ratio, tolerance):
    """`regressed` if all of the speed ratio's interval is below what is let pass; `undecided` if the
    interval is too wide to see a regression that matters; else `good`."""
    if ratio["high"] < 1 - tolerance:
        return "regressed"
    return "undecided" if ratio["high"] - ratio["low"] > WIDEST_INTERVAL else "good"


def table(results, unit, reference):
    head = ["arm", f"{unit}/s", "quartiles", f"x {reference['arm']}", "95 % interval", "peak memory", "disturbed",
            "first value", "last value"]
    rows = [head]
    for r in results:
        seconds = r["seconds_per_step"]
        scale = r["per_second"] * seconds["median"]
        rows.append([
            r["arm"], f"{r['per_second']:.4g}", f"{scale / seconds['q3']:.4g}..{scale / seconds['q1']:.4g}",
            f"{r['ratio']['median']:.3f}", f"{r['ratio']['low']:.3f}..{r['ratio']['high']:.3f}",
            f"{r['peak_memory_bytes'] / 1e9:.2f} GB", f"{r['disturbed_turns']}/{len(r['seconds'])}",
            f"{r['first_value']:.5g}", f"{r['last_value']:.5g}"])
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths)))
        for row in rows)
