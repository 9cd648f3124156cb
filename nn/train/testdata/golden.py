#!/usr/bin/python3
"""Golden values of nn/train's tests, from PyTorch in float64 (made with 1.13).

    /usr/bin/python3 golden.py        # in this folder; writes golden.json, resnet8_grads.f64,
                                      # objectives.json, resnet8_ldam_grads.f64, single.json

golden.json: ResNet-8 (6n+2, option A) with a linear head, weighted cross-entropy, three SGD steps, the
      last on a short batch. Inputs come from splitmix64, so none is stored. Of the first step
      every gradient is stored (float64, little-endian, parameters in order), of the weights
      and running statistics after one and three steps eight projections a tensor.
objectives.json: every loss on every head with and without class weights, on ResNet-8: of a full
      and of a short batch the loss, the gradients of features and head, and of the trunk's
      gradients a norm and eight projections a tensor. For weighted LDAM on the normed head
      (full batch) every gradient is in resnet8_ldam_grads.f64.
single.json: what float32 costs PyTorch. ResNet-8 and ResNet-32, ten SGD steps in float32 and in
      float64 from the same start: the distance between the two, as a share of the float64 norm, of
      the first step's gradients, of the running statistics after three steps and of the weights
      after ten, a tensor each.
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


class Normed(nn.Module):
    def __init__(self, features, classes):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(features, classes))

    def forward(self, x):
        return F.normalize(x, dim=1) @ F.normalize(self.weight, dim=0)


class ResNet(nn.Module):
    def __init__(self, classes, blocks=1, head="linear"):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        stage = lambda cin, cout, stride: nn.Sequential(
            Block(cin, cout, stride), *(Block(cout, cout, 1) for _ in range(blocks - 1)))
        self.layer1 = stage(16, 16, 1)
        self.layer2 = stage(16, 32, 2)
        self.layer3 = stage(32, 64, 2)
        self.fc = Normed(64, classes) if head == "normed" else nn.Linear(64, classes)

    def features(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        return self.layer3(self.layer2(self.layer1(x))).mean((2, 3))

    def forward(self, x):
        return self.fc(self.features(x))

    def fill(self):
        """Weights from uniform(), as the Go tests have them."""
        for k, (name, p) in enumerate(self.named_parameters()):
            fan = p[0].numel() if p.dim() > 1 else 1
            v = torch.from_numpy(uniform(k, p.numel())).reshape(p.shape)
            p.data = v * (6 / fan) ** 0.5 if p.dim() > 1 else (1 + v / 4 if name.endswith("weight") else v / 4)
        return self


def batch(s, n, h, w, classes):
    x = torch.from_numpy(uniform(500 + s, n * 3 * h * w) * 2).reshape(n, 3, h, w)
    return x, torch.tensor([(3 * i + s) % classes for i in range(n)])


def projections(t, key):
    """Inner products with eight fixed vectors."""
    v = t.detach().numpy().ravel()
    return [float(v @ uniform(1000 + 8 * key + k, v.size)) for k in range(8)]


def step():
    h, w, classes = 12, 10, 5
    net = ResNet(classes).fill()
    weights = torch.tensor([0.25, 0.5, 1.0, 1.25, 2.0])
    opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=2e-4)
    out = {"losses": [], "images": [7, 7, 3], "rates": [0.1, 0.1, 0.001], "after": {}}
    for s, (n, lr) in enumerate(zip(out["images"], out["rates"])):
        x, y = batch(s, n, h, w, classes)
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


def criterion(loss, z, y, weights, counts):
    """The released program's losses."""
    if loss == "focal":
        a = F.cross_entropy(z, y, weights, reduction="none")
        return ((1 - torch.exp(-a)) * a).mean()
    if loss == "ldam":
        m = counts ** -0.25
        m = m * (0.5 / m.max())
        z = 30 * (z - m[y][:, None] * F.one_hot(y, z.shape[1]))
    return F.cross_entropy(z, y, weights)


def objectives():
    h, w, classes = 12, 10, 5
    out = []
    for loss in "ce", "focal", "ldam":
        for head in "linear", "normed":
            for weights in None, torch.tensor([0.25, 0.5, 1.0, 1.25, 2.0]):
                for n in 8, 3:
                    net = ResNet(classes, head=head).fill()
                    x, y = batch(n, n, h, w, classes)
                    f = net.features(x)
                    f.retain_grad()
                    value = criterion(loss, net.fc(f), y, weights, torch.tensor([50.0, 20.0, 9.0, 4.0, 2.0]))
                    value.backward()
                    grads = [p.grad for name, p in net.named_parameters() if not name.startswith("fc.")]
                    out.append({
                        "loss": loss, "head": head, "weighted": weights is not None, "images": n, "value": value.item(),
                        "features": f.grad.ravel().tolist(), "fc": [p.grad.ravel().tolist() for p in net.fc.parameters()],
                        "trunk": [[g.norm().item()] + projections(g, k) for k, g in enumerate(grads)],
                    })
                    if (loss, head, n) == ("ldam", "normed", 8) and weights is not None:
                        np.concatenate([p.grad.numpy().ravel() for p in net.parameters()]).astype("<f8").tofile("resnet8_ldam_grads.f64")
    return out


def single():
    h, w, n, classes = 12, 12, 18, 10
    out = []
    for blocks in 1, 5:
        runs = []
        for dtype in torch.float64, torch.float32:
            net = ResNet(classes, blocks).fill().to(dtype)
            opt = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, weight_decay=2e-4)
            copy = lambda ts: [t.detach().double().clone() for t in ts]
            run = {"losses": []}
            for s in range(10):
                x, y = batch(s, n, h, w, classes)
                opt.param_groups[0]["lr"] = 0.0002 * (s + 1)
                opt.zero_grad()
                z = net(x.to(dtype))
                loss = F.cross_entropy(z, y)
                loss.backward()
                run["losses"].append(loss.item())
                if s == 0:
                    run["logits"], run["gradients"] = copy([z]), copy(p.grad for p in net.parameters())
                opt.step()
                if s == 2:
                    run["running"] = copy(b for b in net.buffers() if b.dim() > 0)
            run["weights"] = copy(net.parameters())
            runs.append(run)
        a, b = runs
        far = lambda key: [((u - v).norm() / u.norm()).item() for u, v in zip(a[key], b[key])]
        out.append({"depth": 6 * blocks + 2, "losses": a["losses"],
                    "first_gradient": projections(a["gradients"][0], 0), "logits": a["logits"][0].ravel().tolist(),
                    "far_logits": ((a["logits"][0] - b["logits"][0]).abs().max() / a["logits"][0].abs().max()).item(),
                    "far_gradients": far("gradients"), "far_running": far("running"), "far_weights": far("weights"),
                    "far_all_weights": (sum((u - v).norm() ** 2 for u, v in zip(a["weights"], b["weights"]))
                                        / sum(u.norm() ** 2 for u in a["weights"])).sqrt().item()})
    return out


if __name__ == "__main__":
    json.dump(step(), open("golden.json", "w"))
    json.dump(objectives(), open("objectives.json", "w"))
    json.dump(single(), open("single.json", "w"))
