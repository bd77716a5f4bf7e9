#!/usr/bin/env python3
"""Records what PyTorch computes in float64 for engine.ParityFixtureTest.

    python src/test/python/parity_fixture.py

Writes src/test/resources/parity/fixture.json: eval logits, the losses of 20 Adam steps, and for each
tensor of the first gradient and of the final weights its norm, its largest element, its projection
on a pseudo-random vector and some of its elements. Weights, batch and projection vectors are formulas
(parity_model.py, engine.ParityFormula), so none of them is stored. float64, because it is what fp32 in
any memory format and on any machine should come near to.
"""

import json
import pathlib

import torch

import parity_model as pm

ROWS, SIZE, STEPS = 8, 64, 20
# A fifth of the paper's: at 5e-5 this small batch is chaotic enough that PyTorch's own channels_last run
# leaves the bounds (1.9e-3 in a loss, 1.1e-3 in a running variance).
LEARNING_RATE = 1e-5
PROBES = 4
FIXTURE = pathlib.Path("src/test/resources/parity/fixture.json")


def digest(name, tensor):
    flat = tensor.detach().double().contiguous().flatten()
    direction = torch.from_numpy(pm.uniform("probe." + name, flat.numel()))
    places = [i * (flat.numel() - 1) // (PROBES - 1) for i in range(PROBES)] if flat.numel() > 1 else [0]
    return {
        "norm": flat.norm().item(),
        "largest": flat.abs().max().item(),
        "projection": torch.dot(flat, direction).item(),
        "elements": {str(i): flat[i].item() for i in places},
    }


def rounded(value):
    """Nine digits are more than fp32 has."""
    if isinstance(value, float):
        return float(f"{value:.9g}")
    if isinstance(value, dict):
        return {key: rounded(v) for key, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def main():
    batch = pm.formula_batch(ROWS, SIZE)
    arm = pm.Arm(pm.formula_tensors(), batch, dtype=torch.float64, lr=LEARNING_RATE)
    fixture = {
        "torch": torch.__version__.split("+")[0],
        "rows": ROWS,
        "size": SIZE,
        "steps": STEPS,
        "learning_rate": LEARNING_RATE,
        "weight_decay": pm.WEIGHT_DECAY,
        "class_weights": pm.CLASS_WEIGHTS,
        "image_sum": int(batch["images"].double().sum().item()),
        "logits": arm.eval_logits().flatten().tolist(),
        "losses": [arm.step()],
    }
    fixture["gradients"] = {name: digest(name, g) for name, g in arm.gradients().items()}
    fixture["losses"] += [arm.step() for _ in range(STEPS - 1)]
    fixture["after"] = {name: digest(name, t) for name, t in arm.model.tensors().items()}
    FIXTURE.parent.mkdir(parents=True, exist_ok=True)
    FIXTURE.write_text(json.dumps(rounded(fixture), indent=0) + "\n")
    print(f"{FIXTURE}: {FIXTURE.stat().st_size} bytes")


if __name__ == "__main__":
    main()
