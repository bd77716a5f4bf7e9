#!/usr/bin/env python3
"""How far is the gradient of the whole network from the exact one, ours and PyTorch's, in fp32 and in bf16?

    python src/test/python/gradient_error.py [--rows 8] [--size 64] [--seeds 3] [--residual-scale 0.05] [--json]

Run from the repository root with what parity.py needs. Each seed draws weights as torchvision does; all arms take
them, and the same batch, and are compared with PyTorch in float64. An error is the norm of the difference over the
exact gradient's norm, all parameters as one vector; a bias is the projection on the exact gradient, less 1.
--residual-scale 1 is torchvision's own initialisation, where gradients are chaotic (parity.py says why); 0, each
block's last batch norm at 0, is what training begins with. The instruction set is what AFFECT4J_ISA names, or the
machine's best.
"""

import argparse
import json
import sys

import torch

import parity
import parity_model as pm

PYTORCH = {
    "PyTorch fp32, NCHW": {},
    "PyTorch fp32, channels_last": {"channels_last": True},
    "PyTorch bf16 autocast, channels_last": {"channels_last": True, "bf16": True},
}


def pytorch(weights, batch, **arm):
    run = pm.Arm(weights, batch, **arm)
    run.step()
    return run.gradients()


def affect4j(command, weights, batch, precision):
    tensors = parity.ours(command, weights, batch, 1, precision)
    return {name.removeprefix("gradient."): t for name, t in tensors.items() if name.startswith("gradient.")}


def compare(gradient, exact):
    """Error and bias of a gradient."""
    names = sorted(exact)
    ours, reference = (torch.cat([g[name].double().flatten() for name in names]) for g in (gradient, exact))
    square = reference.dot(reference)
    return ((ours - reference).norm() / square.sqrt()).item(), (ours.dot(reference) / square).item() - 1


def measure(command, seed, options):
    """Error and bias of each arm, with one seed's weights."""
    weights = parity.random_weights(seed, options.residual_scale)
    batch = pm.formula_batch(options.rows, options.size)
    exact = pytorch(weights, batch, dtype=torch.float64)
    arms = {f"affect4j {p.lower()}": affect4j(command, weights, batch, p) for p in ("FP32", "BF16")}
    arms.update({name: pytorch(weights, batch, **arm) for name, arm in PYTORCH.items()})
    return {name: compare(gradient, exact) for name, gradient in arms.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--seeds", type=int, default=3, help="how many networks (default 3)")
    parser.add_argument("--residual-scale", type=float, default=0.05)
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    options = parser.parse_args()
    command = parity.build()
    seeds = []
    for seed in range(1, options.seeds + 1):
        seeds.append(measure(command, seed, options))
        print(f"seed {seed} of {options.seeds}", file=sys.stderr)
    results = [{"arm": arm, "errors": [s[arm][0] for s in seeds], "biases": [s[arm][1] for s in seeds]}
               for arm in seeds[0]]
    if options.json:
        print(json.dumps({"torch": torch.__version__, **vars(options), "results": results}, indent=1))
        return
    print(f"PyTorch {torch.__version__}, {options.rows} images of {options.size}x{options.size}, "
          f"{options.seeds} networks, residual scale {options.residual_scale}, against float64")
    print(f"{'':38}{'error':>22}{'mean bias':>11}")
    for r in results:
        errors = f"{min(r['errors']):.2e} .. {max(r['errors']):.2e}"
        print(f"{r['arm']:38}{errors:>22}{sum(r['biases']) / len(r['biases']):>+11.1e}")


if __name__ == "__main__":
    main()
