"""The paper's model in plain PyTorch, for parity.py, gradient_error.py, parity_fixture.py and export_check.py.

torchvision's ResNet-50 without fc and one linear head a task; the three losses as the paper's
equations say. Nothing here is shared with the Java or C++ sources.
"""

import math

import numpy as np
import torch
import torch.nn.functional as F
import torchvision

HEADS = {"va": 2, "expr": 8, "au": 12}
CLASS_WEIGHTS = [3.7807, 19.9001, 28.6127, 29.0343, 4.9983, 11.9129, 17.3384, 3.6474]
MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
LEARNING_RATE, WEIGHT_DECAY = 5e-5, 1e-4


class AffectModel(torch.nn.Module):
    def __init__(self, heads=tuple(HEADS)):
        super().__init__()
        backbone = torchvision.models.resnet50(weights=None)
        del backbone.fc
        for name, module in backbone.named_children():
            self.add_module(name, module)
        self.heads = [head for head in HEADS if head in heads]
        for head in self.heads:
            self.add_module(f"fc_{head}", torch.nn.Linear(2048, HEADS[head]))

    def forward(self, images):
        x = self.maxpool(self.relu(self.bn1(self.conv1(images))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        features = torch.flatten(self.avgpool(x), 1)
        return torch.cat([getattr(self, f"fc_{head}")(features) for head in self.heads], 1)

    def tensors(self):
        """All tensors by torchvision's names, without the step counters of batch norms."""
        return {name: t for name, t in self.state_dict().items() if not name.endswith("num_batches_tracked")}

    def load(self, tensors):
        """Takes exactly the tensors of tensors(); anything missing or unknown is an error."""
        missing, unknown = self.load_state_dict(tensors, strict=False)
        missing = [name for name in missing if not name.endswith("num_batches_tracked")]
        if missing or unknown:
            raise ValueError(f"missing tensors {missing}, unknown tensors {unknown}")
        return self


def damp_residuals(model, scale):
    """Sets the weight of each block's last batch norm; 1 is torchvision's initialisation."""
    for module in model.modules():
        if isinstance(module, torchvision.models.resnet.Bottleneck):
            torch.nn.init.constant_(module.bn3.weight, scale)


def normalised(images, crops, dtype):
    """uint8 [n,h,w,3] and crops [n,5] (top, left, height, width, flip) to [n,3,h,w]."""
    height, width = images.shape[1:3]
    out = []
    for image, (top, left, h, w, flip) in zip(images, crops.tolist()):
        top, left, h, w = int(top), int(left), int(h), int(w)
        x = image[top:top + h, left:left + w].permute(2, 0, 1)[None].to(dtype)
        x = F.interpolate(x, (height, width), mode="bilinear", align_corners=False)
        out.append(x.flip(3) if flip else x)
    mean = torch.tensor(MEAN, dtype=torch.float64).view(1, 3, 1, 1).to(dtype)
    deviation = torch.tensor(DEVIATION, dtype=torch.float64).view(1, 3, 1, 1).to(dtype)
    return (torch.cat(out) / 255 - mean) / deviation


def ccc(x, y):
    """Lin's concordance correlation coefficient with population moments."""
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    return 2 * covariance / (x.var(unbiased=False) + y.var(unbiased=False) + (x.mean() - y.mean()) ** 2)


def losses(logits, batch, gamma=1.0):
    """L3 (valence, arousal), L1 (expressions) and L2 (action units) of [n,22] logits."""
    va, expression, units = batch["va"].to(logits), batch["expression"].long(), batch["action_units"].to(logits)
    rows = (va >= -1).all(1)
    x = torch.tanh(logits[rows, 0:2])
    l3 = sum(1 - ccc(x[:, d], va[rows, d]) for d in range(2))

    rows = expression >= 0
    weights = torch.tensor(CLASS_WEIGHTS, dtype=torch.float32).to(logits)[expression[rows]]
    l1 = (weights * F.cross_entropy(logits[rows, 2:10], expression[rows], reduction="none")).mean()

    valid = units >= 0
    t = ((2 * units - 1) * logits[:, 10:22])[valid]  # log p of the true label is logsigmoid(t)
    l2 = -((1 - torch.sigmoid(t)) ** gamma * F.logsigmoid(t)).mean()
    return l3, l1, l2


class Arm:
    """One way to compute the same training: a dtype, a memory format, bf16 autocast or not."""

    def __init__(self, tensors, batch, dtype=torch.float32, channels_last=False, bf16=False, lr=LEARNING_RATE):
        form = torch.channels_last if channels_last else torch.contiguous_format
        self.model = AffectModel().load(tensors).to(dtype=dtype, memory_format=form)
        self.images = normalised(batch["images"].to(torch.uint8), batch["crops"], dtype).to(memory_format=form)
        self.batch = batch
        self.bf16 = bf16
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=lr, weight_decay=WEIGHT_DECAY)

    def eval_logits(self):
        self.model.eval()
        with torch.no_grad():
            return self.model(self.images)

    def step(self):
        """One update; returns total, va, expr and au loss."""
        self.model.train()
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled=self.bf16):
            logits = self.model(self.images)
        l3, l1, l2 = losses(logits.to(self.images.dtype), self.batch)
        total = l1 + l2 + l3
        total.backward()
        self.optimizer.step()
        return [value.item() for value in (total, l3, l1, l2)]

    def gradients(self):
        return {name: p.grad.detach().clone() for name, p in self.model.named_parameters()}


# ---- weights and batches as formulas, so that the recorded fixture needs no file of weights -------

_GOLDEN = 0x9E3779B97F4A7C15


def _mix(x):
    """SplitMix64's finaliser on a uint64 array."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


def uniform(name, count):
    """count doubles in [-1, 1) with 24 random bits each: functions of name and index alone."""
    key = 0xCBF29CE484222325  # FNV-1a
    for byte in name.encode():
        key = ((key ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    with np.errstate(over="ignore"):
        counters = np.uint64(key) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(_GOLDEN)
        bits = _mix(counters) >> np.uint64(40)
    return bits.astype(np.float64) * 2.0**-23 - 1


def formula_tensor(name, shape):
    """The fixture's tensor of a name and (OIHW) shape, fp32."""
    u = uniform(name, math.prod(shape))
    if len(shape) == 4:
        values = u * math.sqrt(6.0 / (shape[0] * shape[2] * shape[3]))  # Kaiming's variance, fan out
    elif name.startswith("fc_"):
        values = u / math.sqrt(2048.0)
    elif name.endswith("bn3.weight"):
        values = 0.05 + 0.01 * u  # see parity.py on conditioning
    elif name.endswith(".weight") or name.endswith("running_var"):
        values = 1 + 0.2 * u
    else:
        values = 0.1 * u
    return torch.from_numpy(values.astype(np.float32).reshape(shape))


def formula_tensors():
    return {name: formula_tensor(name, tuple(t.shape)) for name, t in AffectModel().tensors().items()}


def formula_batch(rows, size):
    """Smooth images with noise on them, some cropped and flipped; about a fifth of the labels missing."""
    noise = uniform("images", rows * size * size * 3).reshape(rows, size, size, 3)
    wave = uniform("waves", rows * 3 * 4).reshape(rows, 1, 1, 3, 4)
    y, x = np.meshgrid(np.arange(size), np.arange(size), indexing="ij")
    # Triangle waves: exact in any language, unlike sines.
    phase = (wave[..., 0] * y[None, :, :, None] + wave[..., 1] * x[None, :, :, None]) / 16 + wave[..., 2]
    triangle = np.abs(phase - np.floor(phase) - 0.5) * 4 - 1
    images = np.floor(128 + 90 * triangle + 30 * noise).astype(np.uint8)
    u = uniform("labels", rows * 16).reshape(rows, 16)
    index = np.arange(rows)
    crops = np.stack([index % 4, index % 3, size - 2 * (index % 4), size - 2 * (index % 3), index % 2], 1)
    va = np.where((index % 5 == 4)[:, None], -5, u[:, 0:2])
    expression = np.where(index % 5 == 3, -1, np.floor((u[:, 2] + 1) * 4))
    units = np.where(u[:, 4:16] < -0.6, -1, (u[:, 4:16] > 0.2).astype(float))
    return {
        "images": torch.from_numpy(images.astype(np.float32)),
        "crops": torch.from_numpy(crops.astype(np.float32)),
        "va": torch.from_numpy(va.astype(np.float32)),
        "expression": torch.from_numpy(expression.astype(np.float32)),
        "action_units": torch.from_numpy(units.astype(np.float32)),
    }
