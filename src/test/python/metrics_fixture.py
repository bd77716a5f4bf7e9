#!/usr/bin/env python3
"""Records what scikit-learn and float64 NumPy say about random predictions.

Writes src/test/resources/metrics/cases.json, which MetricsFixtureTest compares with our metric.
Run from the repository root, with numpy and scikit-learn installed:

    python src/test/python/metrics_fixture.py

With --peer PREDICTIONS ANNOTATIONS it prints the same figures, as JSON, for a submission file and
an annotation file of any size, to be held against `affect4j evaluate --json`.
"""

import argparse
import json
import pathlib

import numpy as np
import sklearn
from sklearn.metrics import confusion_matrix, f1_score

CASES = pathlib.Path("src/test/resources/metrics/cases.json")
CLASSES = 8
UNITS = 12


def ccc(predictions, labels):
    """Lin's coefficient with population moments; 0 where it is undefined."""
    x, y = np.asarray(predictions, np.float64), np.asarray(labels, np.float64)
    if x.size == 0:
        return 0.0
    covariance = np.mean((x - x.mean()) * (y - y.mean()))
    denominator = x.var() + y.var() + (x.mean() - y.mean()) ** 2
    return float(2 * covariance / denominator) if denominator else 0.0


def f1_of_classes(labels, predictions):
    if labels.size == 0:
        return [0.0] * CLASSES
    return f1_score(labels, predictions, labels=range(CLASSES), average=None, zero_division=0).tolist()


def f1_of_unit(labels, predictions):
    return float(f1_score(labels, predictions, zero_division=0)) if labels.size else 0.0


def score(case, protocol):
    valence, arousal, expression = (np.array(case["labels"][k]) for k in ("valence", "arousal", "expression"))
    units = np.array(case["labels"]["action_units"]).reshape(-1, UNITS)
    predicted = {k: np.array(v) for k, v in case["predictions"].items()}
    predicted_units = predicted["action_units"].reshape(-1, UNITS)
    va = (valence != -5) & (arousal != -5)
    expr = expression != -1
    au = units != -1
    if protocol == "all":
        complete = va & expr & au.all(axis=1)
        va, expr, au = complete, complete, np.repeat(complete[:, None], UNITS, axis=1)
    ccc_valence = ccc(predicted["valence"][va], valence[va])
    ccc_arousal = ccc(predicted["arousal"][va], arousal[va])
    f1_expr = f1_of_classes(expression[expr], predicted["expression"][expr])
    f1_au = [f1_of_unit(units[au[:, u], u], predicted_units[au[:, u], u]) for u in range(UNITS)]
    confusion = (
        confusion_matrix(expression[expr], predicted["expression"][expr], labels=range(CLASSES)).tolist()
        if expr.any()
        else [[0] * CLASSES] * CLASSES
    )
    macro, mean = sum(f1_expr) / CLASSES, sum(f1_au) / UNITS
    return {
        "p": (ccc_valence + ccc_arousal) / 2 + macro + mean,
        "va": {"rows": int(va.sum()), "ccc_valence": ccc_valence, "ccc_arousal": ccc_arousal},
        "expr": {"rows": int(expr.sum()), "macro_f1": macro, "f1": f1_expr, "confusion": confusion},
        "au": {"rows": int(au.any(axis=1).sum()), "mean_f1": mean, "f1": f1_au},
    }


def with_missing(rng, values, marker, share):
    return np.where(rng.random(values.shape) < share, marker, values)


def random_case(rng, rows, missing, classes, constant):
    """Predictions that agree with the labels about half of the time; few decimals keep the file small."""
    decimals = int(rng.integers(1, 5))
    valence, arousal = rng.uniform(-1, 1, (2, rows)).round(decimals)
    noise = rng.normal(0, 0.3, (2, rows))
    predicted_va = np.tanh(np.stack([valence, arousal]) * 0.8 + noise).round(decimals)
    if constant == "predictions":
        predicted_va[:] = 0.1
    elif constant == "both":
        valence[:] = arousal[:] = 0.1
        predicted_va[:] = 0.1
    expression = rng.integers(0, classes, rows)
    guess = rng.integers(0, classes, rows)
    predicted_expression = np.where(rng.random(rows) < 0.5, expression, guess)
    units = (rng.random((rows, UNITS)) < rng.uniform(0, 0.6, UNITS)).astype(int)
    predicted_units = np.where(rng.random((rows, UNITS)) < 0.6, units, 1 - units)
    return {
        "labels": {
            "valence": with_missing(rng, valence, -5, missing).tolist(),
            "arousal": with_missing(rng, arousal, -5, missing).tolist(),
            "expression": with_missing(rng, expression, -1, missing).tolist(),
            "action_units": with_missing(rng, units, -1, missing / 4).reshape(-1).tolist(),
        },
        "predictions": {
            "valence": predicted_va[0].tolist(),
            "arousal": predicted_va[1].tolist(),
            "expression": predicted_expression.tolist(),
            "action_units": predicted_units.reshape(-1).tolist(),
        },
    }


def random_cases():
    rng = np.random.default_rng(20220718)
    shapes = [(1, 0.0, 8, None), (1, 1.0, 8, None), (2, 0.0, 1, None), (17, 1.0, 8, None)]
    shapes += [(20, 0.1, 3, "predictions"), (20, 0.1, 8, "both"), (400, 0.3, 8, None)]
    for _ in range(52):
        shapes.append((int(rng.integers(3, 40)), float(rng.choice([0, 0.1, 0.5, 0.9])), int(rng.integers(2, 9)), None))
    for shape in shapes:
        case = random_case(rng, *shape)
        yield case | {"expected": {protocol: score(case, protocol) for protocol in ("each", "all")}}


def read(path):
    rows = [line.split(",") for line in pathlib.Path(path).read_text().split("\n")[1:] if line]
    return {
        "valence": [float(r[1]) for r in rows],
        "arousal": [float(r[2]) for r in rows],
        "expression": [int(r[3]) for r in rows],
        "action_units": [int(v) for r in rows for v in r[4:]],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", nargs=2, metavar=("PREDICTIONS", "ANNOTATIONS"))
    arguments = parser.parse_args()
    if arguments.peer:
        case = {"predictions": read(arguments.peer[0]), "labels": read(arguments.peer[1])}
        print(json.dumps({protocol: score(case, protocol) for protocol in ("each", "all")}, indent=2))
        return
    cases = [json.dumps(case, separators=(",", ":")) for case in random_cases()]
    origin = json.dumps({"numpy": np.__version__, "scikit_learn": sklearn.__version__})
    CASES.parent.mkdir(parents=True, exist_ok=True)
    CASES.write_text('{"origin":' + origin + ',\n"cases":[\n' + ",\n".join(cases) + "\n]}\n")
    print(f"{len(cases)} cases, {CASES.stat().st_size} bytes: {CASES}")


if __name__ == "__main__":
    main()
