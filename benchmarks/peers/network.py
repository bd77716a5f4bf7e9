"""The paper's network and losses in plain PyTorch: what the arms of torch_arm.py and onnx_arm.py run."""

import torch
import torchvision
from safetensors.torch import load_file

MEAN = torch.tensor([0.485, 0.456, 0.406])
STD = torch.tensor([0.229, 0.224, 0.225])


class AffectNet(torch.nn.Module):
    """torchvision's ResNet-50 with linear heads: [n, 3, h, w] to 22 logits a row."""

    def __init__(self):
        super().__init__()
        backbone = torchvision.models.resnet50(weights=None)
        backbone.fc = torch.nn.Identity()
        self.backbone = backbone
        self.fc_va = torch.nn.Linear(2048, 2)
        self.fc_expr = torch.nn.Linear(2048, 8)
        self.fc_au = torch.nn.Linear(2048, 12)

    def forward(self, images):
        features = self.backbone(images)
        return torch.cat([self.fc_va(features), self.fc_expr(features), self.fc_au(features)], dim=1)


def load_network(work):
    network = AffectNet()
    weights = load_file(f"{work}/weights.safetensors")
    named = {name if name.startswith("fc_") else f"backbone.{name}": tensor for name, tensor in weights.items()}
    missing, unexpected = network.load_state_dict(named, strict=False)
    missing = [name for name in missing if not name.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise SystemExit(f"the weights do not fit: missing {missing}, unexpected {unexpected}")
    return network


class Labels:
    def __init__(self, tensors):
        self.va = tensors["va"]
        self.expressions = tensors["expressions"].long()
        self.action_units = tensors["action_units"]
        self.class_weights = tensors["class_weights"]


def load_batch(work):
    """Normalised images [n, 3, h, w], logits for the mode `loss`, labels."""
    tensors = load_file(f"{work}/batch.safetensors")
    images = ((tensors["images"] / 255 - MEAN) / STD).permute(0, 3, 1, 2)
    return images, tensors["logits"], Labels(tensors)


def ccc_loss(predicted, target, valid):
    """1 - CCC over the valid rows, population moments."""
    n = valid.sum().clamp(min=1)
    mean_p, mean_t = (predicted * valid).sum() / n, (target * valid).sum() / n
    p, t = (predicted - mean_p) * valid, (target - mean_t) * valid
    ccc = 2 * (p * t).sum() / ((p * p).sum() + (t * t).sum() + n * (mean_p - mean_t) ** 2)
    return 1 - ccc


def losses(logits, labels):
    """L1 + L2 + L3 of the paper with masks instead of row selection, which torch.compile takes whole."""
    logits = logits.float()
    valid = (labels.va[:, 0] >= -1).float()
    va = torch.tanh(logits[:, :2])
    loss_va = ccc_loss(va[:, 0], labels.va[:, 0], valid) + ccc_loss(va[:, 1], labels.va[:, 1], valid)

    expressions = torch.nn.functional.cross_entropy(
        logits[:, 2:10], labels.expressions, weight=labels.class_weights, ignore_index=-1, reduction="sum")
    loss_expressions = expressions / (labels.expressions >= 0).sum()

    labelled = (labels.action_units >= 0).float()
    positive = labels.action_units.clamp(min=0)
    cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits(logits[:, 10:], positive, reduction="none")
    modulation = 1 - torch.exp(-cross_entropy)  # (1 - p_true) ** gamma with gamma = 1
    loss_units = (modulation * cross_entropy * labelled).sum() / labelled.sum()
    return loss_va + loss_expressions + loss_units
