"""The table of a comparison, and the check that its arms did the same work."""

from harness.spread import ratio

# Largest relative difference of a step's value from the reference's. The first shows the forward pass: rounding alone.
# The second follows one update, so a wrong gradient changes it; Adam's first update is about the gradient's sign, which
# rounding turns where it is near 0, and each further one would multiply that.
TOLERANCE = {
    "first": {"fp32": 2e-3, "bf16": 5e-2},
    "second": {"fp32": 5e-2, "bf16": 0.5},
}


def best_peer(results):
    """The fastest arm that is not ours; the first arm if all are ours."""
    peers = [r for r in results if not r["arm"].startswith("ours")]
    return min(peers, key=lambda r: r["seconds_per_step"]["median"]) if peers else results[0]


def add_ratios(results, reference):
    for result in results:
        result["ratio"] = dict(zip(("median", "low", "high"), ratio(result["seconds"], reference["seconds"])))


def disagreements(results):
    """A sentence for each value of the first two steps that differs from that of the first fp32 arm."""
    expected = next((r for r in results if "fp32" in r["arm"]), results[0])
    sentences = []
    for step, tolerances in TOLERANCE.items():
        for result in results:
            tolerance = tolerances["bf16" if "bf16" in result["arm"] else "fp32"]
            value, right = result[f"{step}_value"], expected[f"{step}_value"]
            difference = abs(value / right - 1)
            if not difference <= tolerance:
                sentences.append(
                    f"{result['arm']} computed {value:.6g} in its {step} step, "
                    f"{expected['arm']} {right:.6g}: {difference:.1e} apart, allowed are {tolerance:.0e}")
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
        "  ".join(cell.rjust(width) if i else cell.ljust(width) for i, (cell, width) in enumerate(zip(row, widths)))
        for row in rows)
