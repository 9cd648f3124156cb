#!/usr/bin/env python3
"""The loss curve of longtail beside PyTorch's, on real images.

    python bench/curve.py --cifar cifar-10-batches-py [--figure docs/engine-curve.png]

A balanced subset of CIFAR-10, the first images of each class in the files. For each
seed PyTorch draws the weights and the order of the images, and both programs train
from them on the same batches, without augmentation, by the paper's recipe (SGD 0.1,
momentum 0.9, weight decay 2e-4, warm-up and drop). Rounding alone drives two such
runs apart after some ten steps, so the question is whether the two programs are
closer together at one seed than PyTorch is to itself at two: in every epoch the
root mean square, over seeds, of the difference of mean losses must be below that
over pairs of PyTorch's seeds. Exit status 1 if it is not. Before it stand the first
steps' differences, which come before the runs part. --figure needs matplotlib.
"""
import argparse
import json
import os
import pickle
import subprocess
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F

from against_torch import network

HERE = os.path.dirname(os.path.abspath(__file__))
BATCH = 128


def subset(folder, per_class):
    x, y = [], []
    for k in range(1, 6):
        with open(os.path.join(folder, f"data_batch_{k}"), "rb") as f:
            d = pickle.load(f, encoding="bytes")
        x.append(d[b"data"])
        y += d[b"labels"]
    x, y = np.concatenate(x).reshape(-1, 3, 32, 32), np.array(y)
    keep = np.sort(np.concatenate([np.flatnonzero(y == c)[:per_class] for c in range(10)]))
    return x[keep], y[keep]


def rate(step, steps, epoch, epochs):
    """The learning rate of 1-based step of steps: warm-up, then two drops."""
    if epoch > int(.9 * epochs + .5):
        return .1 * .0001
    if epoch > int(.8 * epochs + .5):
        return .1 * .01
    return .1 * min(1, step / (.025 * steps))


def theirs(model, x, y, order, epochs):
    mean, std = x.mean((0, 2, 3)) / 255, x.std((0, 2, 3)) / 255
    x = torch.tensor((x / 255 - mean[:, None, None]) / std[:, None, None], dtype=torch.float32)
    y = torch.tensor(y)
    sgd = torch.optim.SGD(model.parameters(), lr=.1, momentum=.9, weight_decay=2e-4)
    losses, step, steps = [], 0, epochs * -(-len(x) // BATCH)
    for epoch in range(epochs):
        for first in range(0, len(x), BATCH):
            step += 1
            sgd.param_groups[0]["lr"] = rate(step, steps, epoch + 1, epochs)
            i = order[epoch, first:first + BATCH]
            sgd.zero_grad()
            loss = F.cross_entropy(model(x[i]), y[i])
            loss.backward()
            sgd.step()
            losses.append(loss.item())
    return losses


def draw(path, title, steps, torchs, ours):
    """The loss of every step of both programs, a color a seed."""
    import matplotlib.pyplot as plt
    figure, axes = plt.subplots(figsize=(6.7, 3.9), layout="constrained")
    epoch = np.arange(1, len(ours[0]) + 1) / steps
    for s in range(len(ours)):
        axes.plot(epoch, torchs[s], color=f"C{s}", lw=2.5, alpha=.35, label=f"PyTorch, seed {s}")
        axes.plot(epoch, ours[s], "--", color=f"C{s}", lw=.9, label=f"longtail, seed {s}")
    axes.set(title=title, xlabel="epoch", ylabel="training loss of the step")
    axes.grid(alpha=.3)
    axes.legend()
    figure.savefig(path, dpi=150)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--cifar", default="/var/tmp/longtail-testdata/cifar-10-batches-py", help="folder of data_batch_1 …")
    a.add_argument("--arch", default="resnet20")
    a.add_argument("--images", type=int, default=2000)
    a.add_argument("--epochs", type=int, default=5)
    a.add_argument("--seeds", type=int, default=3)
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--exact", action="store_true")
    a.add_argument("--figure")
    a.add_argument("--json")
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    x, y = subset(a.cifar, a.images // 10)
    ours, torchs, firsts = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        tool = os.path.join(folder, "curve")
        subprocess.run(["go", "build", "-o", tool, "./bench/internal/curve"], cwd=os.path.dirname(HERE), check=True, env=dict(os.environ, GOAMD64="v1"))
        for seed in range(a.seeds):
            torch.manual_seed(seed)
            model = network(a.arch)
            order = np.stack([torch.randperm(len(x)).numpy() for _ in range(a.epochs)])
            data, weights = os.path.join(folder, "data.npz"), os.path.join(folder, "init.pth")
            three = np.stack([order >> 8 * k & 255 for k in range(3)], -1).astype(np.uint8)
            np.savez(data, images=x.transpose(0, 2, 3, 1), labels=y.astype(np.int64), order=three)
            torch.save(model.state_dict(), weights)
            said = json.loads(subprocess.run([tool, a.arch, data, weights, "exact" if a.exact else "", str(a.epochs)],
                                             check=True, stdout=subprocess.PIPE, text=True).stdout)
            ours.append(said["losses"])
            torchs.append(theirs(model, x, y, order, a.epochs))
            firsts.append([abs(p - q) for p, q in zip(ours[-1], torchs[-1])])
            print(f"seed {seed}: step 1 {ours[-1][0]:.6f} against {torchs[-1][0]:.6f}; differences of steps 1, 2, 5, 10: "
                  + ", ".join(f"{firsts[-1][k - 1]:.1e}" for k in (1, 2, 5, 10) if k <= len(firsts[-1])), flush=True)
        steps = len(ours[0]) // a.epochs
        by_epoch = lambda v: np.array(v).reshape(a.seeds, a.epochs, steps).mean(2)
        p, q = by_epoch(ours), by_epoch(torchs)
        apart = np.sqrt(((p - q) ** 2).mean(0))
        spread = np.sqrt(2) * q.std(0, ddof=1)  # the root mean square over all pairs
        print(f"\n{a.arch}, {len(x)} images, {a.epochs} epochs, {a.seeds} seeds, longtail {said['kernel_set']}, PyTorch {torch.__version__}")
        print("epoch  longtail  PyTorch  programs, one seed  PyTorch, two seeds")
        for e in range(a.epochs):
            print(f"{e + 1:5d}  {p[:, e].mean():8.4f}  {q[:, e].mean():7.4f}  {apart[e]:18.4f}  {spread[e]:18.4f}")
        title = f"{a.arch}, {len(x)} images of CIFAR-10: longtail ({said['kernel_set']}) and PyTorch {torch.__version__.split('+')[0]}"
        if a.json:
            with open(a.json, "w") as f:
                json.dump({"title": title, "torch": torchs, "ours": ours, "steps_an_epoch": steps}, f)
        if a.figure:
            draw(a.figure, title, steps, torchs, ours)
    if not (apart < spread).all():
        sys.exit("the programs are further apart than two seeds of PyTorch")


if __name__ == "__main__":
    main()
