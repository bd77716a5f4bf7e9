"""Measures the training step in turns with PyTorch: measure.py LIBRARY OUT DEVICE BATCH SIZE ROUNDS

All arms do forward, the three losses, backward and Adam on the same weights, images and labels. Ours also
crop, flip and normalise uint8 images, which one copies from the host and the other has on the GPU; PyTorch's
start from normalised images on the GPU. A turn is as many steps as fill half a second; it ends when the GPU
is idle.

That they do the same work is checked by their first losses, bf16's and fp32's alike, which must agree within 2 %.
So the weights are random, but each block's last batch norm is at RESIDUAL_SCALE: with torchvision's own
initialisation a small batch's rounding to bf16 grows from block to block until it is as large as the logits, in
PyTorch as here, and losses say nothing (docs/cuda.md).

DEVICE is cuda, or cpu: a rehearsal that shows that this program works, without the arms for GPUs only.
"""

import json
import math
import os
import pathlib
import statistics
import sys
import time

import numpy
import torch

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent),
                str(pathlib.Path(__file__).resolve().parents[3] / "benchmarks" / "peers")]
import affect4j  # noqa: E402
import network  # noqa: E402

RATE = 5e-5
RESIDUAL_SCALE = 0.05
TOLERANCE = 0.02
TURN_SECONDS = 0.5
CLASS_WEIGHTS = [3.7807, 19.9001, 28.6127, 29.0343, 4.9983, 11.9129, 17.3384, 3.6474]


def random_images(batch, size):
    return numpy.random.default_rng(1).integers(0, 256, (batch, size, size, 3), dtype=numpy.uint8)


def fill(training, batch, size):
    """Random labels into the batch, whole images."""
    random = numpy.random.default_rng(2)
    training.buffer(affect4j.CROPS, numpy.float32).reshape(batch, 5)[:] = [0, 0, size, size, 0]
    va = training.buffer(affect4j.VA, numpy.float32)
    va[:] = random.uniform(-1, 1, va.size)
    expressions = training.buffer(affect4j.EXPRESSION, numpy.int8)
    expressions[:] = random.integers(0, 8, batch)
    units = training.buffer(affect4j.ACTION_UNITS, numpy.int8)
    units[:] = random.integers(0, 2, units.size)


def damped(tensors):
    """Weights whose network does not amplify rounding, and to which all blocks contribute."""
    return {name: numpy.full_like(values, RESIDUAL_SCALE) if name.endswith(".bn3.weight") else values
            for name, values in tensors.items()}


def as_tensors(training, images, device):
    """The batch's content as torch tensors on the device: normalised images, labels."""
    def tensor(array):
        return torch.from_numpy(array.copy()).to(device)

    pixels = tensor(images).float() / 255
    normalised = ((pixels - network.MEAN.to(device)) / network.STD.to(device)).permute(0, 3, 1, 2)
    labels = network.Labels({
        "va": tensor(training.buffer(affect4j.VA, numpy.float32)).reshape(-1, 2),
        "expressions": tensor(training.buffer(affect4j.EXPRESSION, numpy.int8)),
        "action_units": tensor(training.buffer(affect4j.ACTION_UNITS, numpy.int8)).reshape(-1, 12).float(),
        "class_weights": torch.tensor(CLASS_WEIGHTS).to(device)})
    return normalised, labels


def new_network(tensors, device):
    """PyTorch's network with our weights."""
    made = network.AffectNet()
    named = {name if name.startswith("fc_") else f"backbone.{name}": torch.from_numpy(values)
             for name, values in tensors.items()}
    missing, unexpected = made.load_state_dict(named, strict=False)
    assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
    return made.to(device).to(memory_format=torch.channels_last).train()


class Ours:
    """Our step, from uint8 images on the host, or in a set on the device."""

    def __init__(self, training):
        self._training = training

    def step(self):
        self._training.step(RATE)

    def wait(self):
        return self._training.losses()[0]


class Torch:
    """PyTorch's step, eager, as one CUDA graph, or compiled."""

    def __init__(self, tensors, images, labels, dtype, execution):
        self._images = images.contiguous(memory_format=torch.channels_last)
        self._labels = labels
        self._bf16 = dtype == "bf16"
        self._device = images.device.type
        self._network = new_network(tensors, images.device)
        self._optimizer = torch.optim.Adam(
            self._network.parameters(), lr=RATE, weight_decay=1e-4, fused=True,
            capturable=execution == "graph")
        self._total = self._losses
        if execution == "compile":
            self._total = torch.compile(self._losses, mode="max-autotune")
        self.step = self._eager
        if execution == "graph":
            self._capture()

    def _losses(self):
        with torch.autocast(self._device, torch.bfloat16, enabled=self._bf16):
            return network.losses(self._network(self._images), self._labels)

    def _eager(self):
        self._optimizer.zero_grad(set_to_none=True)
        self._loss = self._total()
        self._loss.backward()
        self._optimizer.step()
        self._loss = self._loss.detach()

    def _capture(self):
        """As PyTorch's documentation captures a whole step; the warm-up is on a copy of the weights' state."""
        start = {name: value.clone() for name, value in self._network.state_dict().items()}
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(3):
                self._eager()
        torch.cuda.current_stream().wait_stream(side)
        self._optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            self._loss = self._losses()
            self._loss.backward()
            self._optimizer.step()
        self._network.load_state_dict(start)
        self.step = graph.replay
        self._graph = graph

    def wait(self):
        return self._loss.item()  # waits for the GPU


def arms(library, device, batch, size):
    """Names, and functions that make the arms: each makes its own copy of everything."""
    index, pixels = (0 if device == "cuda" else -1), random_images(batch, size)
    host = affect4j.Training(library, "bf16", -1, batch, size, CLASS_WEIGHTS)
    fill(host, batch, size)
    tensors = damped(host.tensors())
    images, labels = as_tensors(host, pixels, device)

    def ours(resident):
        training = affect4j.Training(library, "bf16", index, batch, size, CLASS_WEIGHTS, pixels if resident else None)
        if resident:
            training.buffer(affect4j.INDICES, numpy.int64)[:] = numpy.arange(batch)
        else:
            training.buffer(affect4j.IMAGES, numpy.uint8)[:] = pixels.reshape(-1)
        fill(training, batch, size)
        training.load(tensors)
        return Ours(training)

    yield "affect4j bf16", lambda: ours(resident=False)
    yield "affect4j bf16, images on the device", lambda: ours(resident=True)
    if device == "cpu":  # in fp32: without AVX-512, bf16 is the slower one in PyTorch
        yield "PyTorch eager fp32", lambda: Torch(tensors, images, labels, "fp32", "eager")
        return
    yield "PyTorch eager fp32 (TF32)", lambda: Torch(tensors, images, labels, "fp32", "eager")
    yield "PyTorch eager bf16", lambda: Torch(tensors, images, labels, "bf16", "eager")
    yield "PyTorch CUDA graph bf16", lambda: Torch(tensors, images, labels, "bf16", "graph")
    yield "PyTorch compile max-autotune bf16", lambda: Torch(tensors, images, labels, "bf16", "compile")


def allocated():
    """Bytes of torch's allocator on the GPU; the peak counts from here."""
    if not torch.cuda.is_available():
        return 0
    torch.cuda.reset_peak_memory_stats()
    return torch.cuda.memory_allocated()


def most_allocated():
    return torch.cuda.max_memory_allocated() if torch.cuda.is_available() else 0


class Measured:
    def __init__(self, name, make):
        self.name = name
        self.seconds = []
        before = allocated()
        self._arm = make()
        self._arm.step()
        self.first_loss = self._arm.wait()
        self._turn(10)  # cuDNN's measurements, compilation, capture
        self.peak_bytes = most_allocated() - before
        self.steps = max(1, math.ceil(TURN_SECONDS / self._turn(10)))

    def _turn(self, steps):
        self._arm.wait()
        start = time.perf_counter()
        for _ in range(steps):
            self._arm.step()
        self.last_loss = self._arm.wait()
        return (time.perf_counter() - start) / steps

    def turn(self):
        self.seconds.append(self._turn(self.steps))
        if not math.isfinite(self.last_loss):
            raise SystemExit(f"measure: the loss of {self.name} is {self.last_loss}")

    def as_json(self, batch):
        q1, middle, q3 = statistics.quantiles(self.seconds, n=4)
        return {"arm": self.name, "images_per_second": batch / middle,
                "seconds_per_step": {"q1": q1, "median": middle, "q3": q3}, "steps_per_turn": self.steps,
                "peak_bytes_of_torch_allocator": self.peak_bytes, "first_loss": self.first_loss,
                "last_loss": self.last_loss, "seconds": self.seconds}


def machine(library):
    gpu = torch.cuda.get_device_properties(0) if torch.cuda.is_available() else None
    return {"gpu": gpu and gpu.name, "memory_bytes": gpu and gpu.total_memory, "torch": torch.__version__,
            "cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version(), "python": sys.version.split()[0],
            "affect4j": json.loads(library.describe())}


def median(arm):
    return statistics.median(arm.seconds)


def speedup(ours, best):
    """Ours over PyTorch's best arm, round by round, so that drift of the clock rate cancels."""
    ratios = [theirs / mine for mine, theirs in zip(ours.seconds, best.seconds)]
    q1, middle, q3 = statistics.quantiles(ratios, n=4)
    return {"of": ours.name, "over": best.name, "q1": q1, "median": middle, "q3": q3}


def write(path, report):
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(path.name + ".part")
    scratch.write_text(json.dumps(report, indent=2) + "\n")
    os.replace(scratch, path)


def prepare(named, measured, failed):
    """Makes the arms; one of PyTorch that its version cannot run must not hide the others."""
    for name, make in named:
        print(f"measure: preparing {name}", file=sys.stderr, flush=True)
        try:
            measured.append(Measured(name, make))
        except Exception as error:
            if not measured:
                raise
            failed[name] = str(error).splitlines()[0]
            print(f"measure: {name} failed: {error}", file=sys.stderr)


def take_turns(measured, rounds):
    for arm in measured:
        arm.seconds.clear()
    for number in range(rounds):
        for turn in range(len(measured)):
            measured[(number + turn) % len(measured)].turn()


def fastest(measured, whose):
    return min((arm for arm in measured if arm.name.startswith(whose)), key=median, default=None)


def show(report):
    for arm in report["arms"]:
        milliseconds = arm["seconds_per_step"]["median"] * 1e3
        print(f"{arm['arm']:36} {arm['images_per_second']:10.0f} img/s  {milliseconds:7.3f} ms"
              f"  first loss {arm['first_loss']:.4f}")
    if report["speedup"]:
        print("{of}: {median:.2f} times as fast as {over}".format(**report["speedup"]), flush=True)


def main():
    path, out, device, batch, size, rounds = sys.argv[1:]
    batch, size, rounds = int(batch), int(size), int(rounds)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    library = affect4j.Affect4j(path)
    named = list(arms(library, device, batch, size))
    # Compilation takes minutes, and a command on a lent machine may end before: the others' figures come first.
    late = [arm for arm in named if "compile" in arm[0]]
    measured, failed = [], {}
    for stage in filter(None, ([arm for arm in named if arm not in late], late)):
        prepare(stage, measured, failed)
        take_turns(measured, rounds)
        ours, best = fastest(measured, "affect4j"), fastest(measured, "PyTorch")
        report = {"machine": machine(library), "device": device, "batch": batch, "size": size, "rounds": rounds,
                  "arms": [arm.as_json(batch) for arm in measured], "failed": failed,
                  "speedup": best and speedup(ours, best)}
        write(pathlib.Path(out), report)
        show(report)
    worst = max(abs(arm.first_loss - ours.first_loss) / abs(ours.first_loss) for arm in measured)
    if worst > TOLERANCE:
        sys.exit(f"measure: the arms' first losses differ by {worst:.1%}: they do not do the same work")


if __name__ == "__main__":
    main()
