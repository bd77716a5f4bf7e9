#!/usr/bin/env python3
"""Our forward, losses, gradients and Adam against PyTorch's, on the same weights and batch.

    python src/test/python/parity.py [--rows 16] [--size 112] [--residual-scale 0.05] [--seed 1]

Run from the repository root with torch 2.10.0, torchvision, safetensors and numpy. Weights are
torchvision's random initialisation, written to a safetensors file that our side reads
(engine.ParityDump). Compared: logits in eval mode and the losses and all gradients of the first
step, within 1e-4; then losses, weights and running statistics after 20 Adam steps, within 1e-3. An
error is the largest difference within a tensor relative to its largest element, and a row shows the
worst tensor. The other columns are the yardstick: PyTorch's own two memory formats against each other,
and both sides against PyTorch in float64. Exits 1 beyond the bounds.

On conditioning: with --residual-scale 1 (plain random weights) the gradients of a ResNet-50 are
chaotic in fp32. The residual sums let activations grow, batch norms amplify last-bit differences and
ReLU masks flip, so that PyTorch's two memory formats differ from each other by percents and no bound
of 1e-4 means anything. Blocks whose last batch norm starts small (torchvision's zero_init_residual is
the limit) keep the network near the identity, and differences stay at fp32's rounding.
"""

import argparse
import pathlib
import subprocess
import sys

import torch
from safetensors.torch import load_file, save_file

import parity_model as pm

FIRST, LAST = 1e-4, 1e-3
WORK = pathlib.Path("target/parity")


def build():
    """Compiles our side; returns the command that starts it."""
    WORK.mkdir(parents=True, exist_ok=True)
    classpath = WORK / "classpath"
    subprocess.run(["./mvnw", "-q", "-B", "test-compile", "dependency:build-classpath",
                    f"-Dmdep.outputFile={classpath}"], check=True)
    libraries = ":".join(str(path) for path in pathlib.Path("target/native-libs/org/bytedeco").glob("*/linux-x86_64"))
    return ["java", f"-Djava.library.path={libraries}", "-Dorg.bytedeco.javacpp.pathsfirst=true",
            "-cp", f"target/test-classes:target/classes:{classpath.read_text()}",
            "io.github.affect4j.engine.ParityDump"]


def ours(command, weights, batch, steps, precision="FP32"):
    """Runs engine.ParityDump; returns its tensors."""
    save_file({name: t.contiguous() for name, t in weights.items()}, WORK / "weights.safetensors")
    save_file(dict(batch, class_weights=torch.tensor(pm.CLASS_WEIGHTS)), WORK / "batch.safetensors")
    subprocess.run([*command, WORK / "weights.safetensors", WORK / "batch.safetensors", WORK / "ours.safetensors",
                    str(steps), precision], check=True)
    return load_file(WORK / "ours.safetensors")


def random_weights(seed, residual_scale):
    """torchvision's random initialisation by names, each block's last batch norm at residual_scale."""
    torch.manual_seed(seed)
    model = pm.AffectModel()
    pm.damp_residuals(model, residual_scale)
    return {name: t.clone() for name, t in model.tensors().items()}


def torchs(weights, batch, steps, **arm):
    """The same in PyTorch, under the same names."""
    run = pm.Arm(weights, batch, **arm)
    out = {"logits": run.eval_logits()}
    history = [run.step()]
    out.update({"gradient." + name: g for name, g in run.gradients().items()})
    history += [run.step() for _ in range(steps - 1)]
    out["losses"] = torch.tensor(history, dtype=torch.float64)
    out.update({"after." + name: t.detach() for name, t in run.model.tensors().items()})
    return out


def error(a, b):
    a, b = a.double(), b.double()
    return ((a - b).abs().max() / b.abs().max()).item() if torch.isfinite(a).all() else float("inf")


def worst(a, b, names):
    return max((error(a[name], b[name]), name) for name in names)


def rows_of_table(reference):
    gradients = [name for name in reference if name.startswith("gradient.")]
    after = [name for name in reference if name.startswith("after.")]
    statistics = [name for name in after if "running_" in name]
    return [
        ("eval logits", lambda t: t, ["logits"], FIRST),
        ("first step's losses", lambda t: {"losses": t["losses"][:1]}, ["losses"], FIRST),
        (f"gradients ({len(gradients)} tensors)", lambda t: t, gradients, FIRST),
        ("losses of all steps", lambda t: t, ["losses"], LAST),
        ("weights at the end", lambda t: t, [name for name in after if name not in statistics], LAST),
        ("running statistics", lambda t: t, statistics, LAST),
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--residual-scale", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    weights = random_weights(options.seed, options.residual_scale)
    batch = pm.formula_batch(options.rows, options.size)

    mine = ours(build(), weights, batch, options.steps)
    nchw = torchs(weights, batch, options.steps)
    nhwc = torchs(weights, batch, options.steps, channels_last=True)
    exact = torchs(weights, batch, options.steps, dtype=torch.float64)
    missing = set(nchw) - set(mine)
    if missing:
        sys.exit(f"our dump lacks {sorted(missing)[:5]}")

    print(f"PyTorch {torch.__version__}, {options.rows} images of {options.size}x{options.size}, "
          f"{options.steps} Adam steps, residual scale {options.residual_scale}")
    print(f"{'':26}{'ours':>10}{'bound':>9} |{'torch nhwc':>11} |{'ours':>9}{'nchw':>9}  worst tensor (ours)")
    print(f"{'':26}{'to nchw':>10}{'':9} |{'to nchw':>11} |{'to fp64':>9}{'to fp64':>9}")
    failed = False
    for title, part, names, bound in rows_of_table(nchw):
        value, name = worst(part(mine), part(nchw), names)
        failed |= not value <= bound
        columns = [worst(part(a), part(b), names)[0] for a, b in ((nhwc, nchw), (mine, exact), (nchw, exact))]
        print(f"{title:26}{value:10.2e}{bound:9.0e} |{columns[0]:11.2e} |{columns[1]:9.1e}{columns[2]:9.1e}  {name}")
    print("FAILED: beyond the bounds" if failed else "within the bounds")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
