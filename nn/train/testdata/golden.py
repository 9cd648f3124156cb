#!/usr/bin/python3
"""Golden values of nn/train's tests, from PyTorch in float64 (made with 1.13).

    /usr/bin/python3 golden.py        # in this folder; writes golden.json, resnet8_grads.f64

sgd:  three steps of torch.optim.SGD on given gradients, the rate dropped before the third.
step: ResNet-8 (6n+2, option A) with a linear head, weighted cross-entropy, three SGD steps, the
      last on a short batch. Inputs come from splitmix64, so none is stored. Of the first step
      every gradient is stored (float64, little-endian, parameters in order), of the weights
      and running statistics after one and three steps eight projections a tensor.
"""
import json
import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)


def uniform(key, n):
    """n numbers in [-1, 1), exact: element i is splitmix64 of key·2³² + i."""
    with np.errstate(over="ignore"):
        z = np.uint64(key << 32) + np.arange(n, dtype=np.uint64)
        z = (z + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1


class Block(nn.Module):
    def __init__(self, cin, cout, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(cout)
        self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(cout)
        self.stride, self.pad = stride, (cout - cin) // 2

    def forward(self, x):
        s = x if self.stride == 1 else F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + s)


class ResNet8(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = nn.Sequential(Block(16, 16, 1))
        self.layer2 = nn.Sequential(Block(16, 32, 2))
        self.layer3 = nn.Sequential(Block(32, 64, 2))
        self.fc = nn.Linear(64, classes)

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))


def projections(t, key):
    """Inner products with eight fixed vectors."""
    v = t.detach().numpy().ravel()
    return [float(v @ uniform(1000 + 8 * key + k, v.size)) for k in range(8)]


def sgd():
    p = [torch.tensor([1.0, -2.0, 0.5], requires_grad=True), torch.tensor([3.0], requires_grad=True)]
    opt = torch.optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=0.01)
    grads = [[[0.5, 0.25, -1.0], [2.0]], [[-0.125, 1.0, 0.75], [-1.0]], [[0.3, -0.7, 0.2], [0.1]]]
    rates, after = [0.1, 0.1, 0.001], []
    for g, lr in zip(grads, rates):
        opt.param_groups[0]["lr"] = lr
        for q, v in zip(p, g):
            q.grad = torch.tensor(v)
        opt.step()
        after.append([q.tolist() for q in p])
    return {"grads": grads, "rates": rates, "after": after}


def step():
    h, w, classes = 12, 10, 5
    net = ResNet8(classes)
    for k, (name, p) in enumerate(net.named_parameters()):
        fan = p[0].numel() if p.dim() > 1 else 1
        v = torch.from_numpy(uniform(k, p.numel())).reshape(p.shape)
        p.data = v * (6 / fan) ** 0.5 if p.dim() > 1 else (1 + v / 4 if name.endswith("weight") else v / 4)
    weights = torch.tensor([0.25, 0.5, 1.0, 1.25, 2.0])
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=2e-4)
    out = {"losses": [], "images": [7, 7, 3], "rates": [0.1, 0.1, 0.001], "after": {}}
    for s, (n, lr) in enumerate(zip(out["images"], out["rates"])):
        x = torch.from_numpy(uniform(500 + s, n * 3 * h * w) * 2).reshape(n, 3, h, w)
        y = torch.tensor([(3 * i + s) % classes for i in range(n)])
        opt.param_groups[0]["lr"] = lr
        opt.zero_grad()
        loss = F.cross_entropy(net(x), y, weights)
        loss.backward()
        if s == 0:
            np.concatenate([p.grad.numpy().ravel() for p in net.parameters()]).astype("<f8").tofile("resnet8_grads.f64")
        opt.step()
        out["losses"].append(loss.item())
        if s != 1:
            tensors = [p for p in net.parameters()] + [b for b in net.buffers() if b.dim() > 0]
            out["after"][str(s + 1)] = [projections(t, k) for k, t in enumerate(tensors)]
    return out


json.dump({"sgd": sgd(), "step": step()}, open("golden.json", "w"))
