#!/usr/bin/env python3
"""An exported model, loaded by Python, must give the logits that `affect4j predict` wrote.

    python src/test/python/export_check.py                       trains a tiny model first
    python src/test/python/export_check.py --model F --data DIR  a model and a data set of yours

Run from the repository root with torch, torchvision, safetensors, numpy and Pillow. Exports the
checkpoint, predicts the validation list with the export, loads the export into torchvision's ResNet-50
with heads (every tensor must be there, none may be unknown) and compares logits on images that Pillow
decoded. An error is relative to the largest logit. Exits 1 above 1e-4.
"""

import argparse
import csv
import pathlib
import shutil
import subprocess
import sys

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file

import parity_model as pm

BOUND = 1e-4
WORK = pathlib.Path("target/export-check")
HEADER = "image,valence,arousal,expression,aus"


def affect4j(*arguments):
    subprocess.run(["bin/affect4j", *map(str, arguments)], check=True, stdout=subprocess.DEVNULL)


def write_split(data, name, rows, offset):
    """An annotation file of the official layout and its images, from the parity batch's formulas."""
    batch = pm.formula_batch(offset + rows, 112)
    lines = [HEADER]
    for row in range(offset, offset + rows):
        path = f"video{row % 2}/{row + 1:05d}.jpg"
        file = data / "cropped_aligned" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(batch["images"][row].numpy().astype(np.uint8)).save(file, quality=90)
        fields = [f"{v:.4f}" if v >= -1 else "-5" for v in batch["va"][row].tolist()]
        fields += [str(int(batch["expression"][row]))] + [str(int(u)) for u in batch["action_units"][row]]
        lines.append(",".join([path, *fields]))
    (data / f"{name}_set_annotations.txt").write_text("\n".join(lines) + "\n")


def tiny_run():
    """Trains the multi-task model on 32 images; returns its checkpoint and data set."""
    shutil.rmtree(WORK, ignore_errors=True)
    data = WORK / "data"
    write_split(data, "training", 32, 0)
    write_split(data, "validation", 12, 32)
    affect4j("train", "--data", data, "--task", "mtl", "--out", WORK / "run", "--epochs", 1, "--batch", 8)
    return WORK / "run" / "mtl" / "last.safetensors", data


def raw_logits(file):
    with open(file, newline="") as lines:
        rows = list(csv.reader(lines))
    return [row[0] for row in rows[1:]], torch.tensor([[float(v) for v in row[1:]] for row in rows[1:]])


def readable(image):
    """False for the missing and the damaged images, whose rows have a fallback."""
    try:
        Image.open(image).load()
        return True
    except OSError:
        return False


def pythons_logits(weights, data, images):
    tensors = load_file(weights)
    heads = [head for head in pm.HEADS if f"fc_{head}.weight" in tensors]
    model = pm.AffectModel(heads).load(tensors).eval()
    out = []
    with torch.no_grad():
        for image in images:
            pixels = torch.from_numpy(np.array(Image.open(data / "cropped_aligned" / image).convert("RGB")))[None]
            crop = torch.tensor([[0, 0, pixels.shape[1], pixels.shape[2], 0]])
            out.append(model(pm.normalised(pixels, crop, torch.float32)))
    return torch.cat(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=pathlib.Path)
    parser.add_argument("--data", type=pathlib.Path)
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    model, data = (options.model, options.data) if options.model else tiny_run()

    exported, raw = WORK / "exported.safetensors", WORK / "raw.csv"
    affect4j("export", "--model", model, "--out", exported)
    affect4j("predict", "--model", exported, "--data", data, "--list", data / "validation_set_annotations.txt",
             "--out", raw, "--dtype", "fp32")
    images, ours = raw_logits(raw)
    usable = [i for i, image in enumerate(images) if readable(data / "cropped_aligned" / image)]
    images, ours = [images[i] for i in usable], ours[usable]
    theirs = pythons_logits(exported, data, images)
    if ours.shape != theirs.shape or not torch.isfinite(theirs).all():
        sys.exit(f"FAILED: logits of shape {tuple(ours.shape)} against {tuple(theirs.shape)}")
    error = ((ours - theirs).abs().max() / theirs.abs().max()).item()
    spread = theirs.std(0).max().item()
    print(f"{len(images)} images, {theirs.shape[1]} logits each up to {theirs.abs().max():.3g} "
          f"(deviation over images up to {spread:.2g}): error {error:.2e}, bound {BOUND:.0e}")
    sys.exit(0 if error <= BOUND and spread > 0 else "FAILED: beyond the bound")


if __name__ == "__main__":
    main()
