#!/usr/bin/env python3
"""How far is the gradient of the whole network from the exact one, ours and PyTorch's, in fp32 and in bf16?

    python src/test/python/gradient_error.py [--rows 8] [--size 64] [--seeds 3] [--perturb 0]
        [--residual-scale 0.05] [--json]

Run from the repository root with what parity.py needs. Each seed draws weights as torchvision does; all arms take
them, and the same batch, and are compared with PyTorch in float64. An error is the norm of the difference over the
exact gradient's norm, all parameters as one vector; a bias is the projection on the exact gradient, less 1.
In fp32, errors beyond 1e-5 are decisions of ReLUs whose input is so near 0 that rounding makes them (docs/losses.md):
--perturb N adds N neighbours of each network, whose weights are off by at most 2^-23 of themselves, compared with
their own exact gradients.
--residual-scale 1 is torchvision's own initialisation, where gradients are chaotic (parity.py says why); 0, each
block's last batch norm at 0, is what training begins with. The instruction set is what AFFECT4J_ISA names, or the
machine's best.
"""

import argparse
import json
import statistics
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


def neighbour(weights, draw):
    """Weights that are off by rounding; draw 0 is the weights themselves."""
    generator = torch.Generator().manual_seed(draw)
    trained = [name for name in weights if draw > 0 and "running_" not in name]
    moves = {name: torch.randint(-1, 2, weights[name].shape, generator=generator) for name in trained}
    return {name: t * (1 + moves[name] * 2.0**-23) if name in moves else t for name, t in weights.items()}


def measure(command, seed, draw, options):
    """Error and bias of each arm, with one network's weights."""
    weights = neighbour(parity.random_weights(seed, options.residual_scale), draw)
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
    parser.add_argument("--perturb", type=int, default=0, help="how many neighbours of each network (default 0)")
    parser.add_argument("--residual-scale", type=float, default=0.05)
    parser.add_argument("--json", action="store_true", help="JSON on standard output")
    options = parser.parse_args()
    command = parity.build()
    networks = []
    for seed in range(1, options.seeds + 1):
        for draw in range(options.perturb + 1):
            networks.append(measure(command, seed, draw, options))
            errors = ", ".join(f"{arm} {error:.2e}" for arm, (error, _) in networks[-1].items())
            print(f"seed {seed}, neighbour {draw}: {errors}", file=sys.stderr)
    results = [{"arm": arm, "errors": [n[arm][0] for n in networks], "biases": [n[arm][1] for n in networks]}
               for arm in networks[0]]
    if options.json:
        print(json.dumps({"torch": torch.__version__, **vars(options), "results": results}, indent=1))
        return
    print(f"PyTorch {torch.__version__}, {options.rows} images of {options.size}x{options.size}, "
          f"{len(networks)} networks, residual scale {options.residual_scale}, against float64")
    print(f"{'':38}{'error':>22}{'median':>10}{'mean bias':>11}")
    for r in results:
        errors = f"{min(r['errors']):.2e} .. {max(r['errors']):.2e}"
        print(f"{r['arm']:38}{errors:>22}{statistics.median(r['errors']):>10.2e}"
              f"{statistics.mean(r['biases']):>+11.1e}")


if __name__ == "__main__":
    main()
