#!/usr/bin/env python3
"""Writes golden_resnet8.json.gz: one training step of ResNet-8 with a linear
head and cross entropy, and an evaluation after it, by PyTorch in float64; and
of ResNet-14, which has identity shortcuts in every stage, features and the
first layer's gradient.

Weights and inputs come from noise(), which the Go test repeats exactly.
Run with Debian's python3-torch 1.13: /usr/bin/python3 golden_resnet8.py
"""
import gzip
import json
import math
import os
import sys

import numpy as np
import torch
from torch.nn import functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "train", "testdata"))
from golden import ResNet

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)

BATCH, HEIGHT, WIDTH, CLASSES = 18, 13, 11, 10


def noise(key, shape):
    """Uniform in [-1, 1) from a hash of (key, position)."""
    h = np.arange(math.prod(shape), dtype=np.uint32) * np.uint32(2654435761) + np.uint32(key * 40503)
    h ^= h >> np.uint32(15)
    h *= np.uint32(0x85EBCA6B)
    h ^= h >> np.uint32(13)
    return torch.from_numpy((h / 2.0**31 - 1).reshape(shape))


class Trunk(ResNet):
    """The network of nn/train's goldens without its head."""

    def __init__(self, blocks):
        super().__init__(CLASSES, blocks)
        del self.fc

    forward = ResNet.features


def filled(blocks):
    trunk = Trunk(blocks)
    with torch.no_grad():
        for key, (name, p) in enumerate(trunk.named_parameters()):
            u = noise(key, p.shape)
            if p.dim() == 4:
                p.copy_(u * math.sqrt(6 / (9 * p.shape[1])))
            else:
                p.copy_((1 if name.endswith("weight") else 0) + 0.25 * u)
        floats = [(n, b) for n, b in trunk.named_buffers() if b.dim()]
        for key, (name, b) in enumerate(floats):
            b.copy_((1 if name.endswith("var") else 0) + 0.5 * noise(100 + key, b.shape))
    return trunk


trunk = filled(1)
weight = (noise(200, (CLASSES, 64)) / 2).requires_grad_()
bias = (noise(201, (CLASSES,)) / 8).requires_grad_()
x = noise(300, (BATCH, 3, HEIGHT, WIDTH)).requires_grad_()
labels = torch.tensor([i * 7 % CLASSES for i in range(BATCH)])

features = trunk(x)
features.retain_grad()
loss = F.cross_entropy(F.linear(features, weight, bias), labels)
loss.backward()
golden = {
    "loss": loss.item(),
    "features": features,
    "features_grad": features.grad,
    "images_grad": x.grad.clone(),
    "head_weight_grad": weight.grad,
    "head_bias_grad": bias.grad,
}
for name, p in trunk.named_parameters():
    golden["grad " + name] = p.grad
for name, b in trunk.named_buffers():
    if b.dim():
        golden["buffer " + name] = b.clone()
trunk.eval()
golden["eval_features"] = trunk(x)

deeper = filled(2)
golden["resnet14 features"] = deeper(x)
(golden["resnet14 features"] * noise(301, (BATCH, 64))).sum().backward()
golden["resnet14 conv1.weight grad"] = deeper.conv1.weight.grad


def digits(v):
    return v if isinstance(v, float) else [float("%.12g" % e) for e in v.detach().flatten().tolist()]


path = os.path.join(HERE, "golden_resnet8.json.gz")
with open(path, "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0, filename="") as z:
    z.write(json.dumps({k: digits(v) for k, v in golden.items()}, separators=(",", ":")).encode())
