#!/usr/bin/env python3
"""One cell of `longtail reproduce --profile quick` and the same in plain PyTorch.

    ~/torch/bin/python bench/quick_cell.py [--runs 1] [--epochs 40] [--fashion DIR]

The cell is CE at an imbalance ratio of 100: ResNet-8 on long-tailed Fashion-MNIST
(500 images in the largest class, 1,236 in all), 40 epochs of batch 8 with flips,
10 evaluations of 3,000 test images. longtail computes it as users do, by
`reproduce` in an empty store, start of the program, hashing and writing included.
PyTorch's side is what one would write without haste: images resident as one
tensor, a whole epoch augmented at once, channels_last, fused SGD; its clock starts
after the imports, so it does not pay for them. Sides take turns, and each run of one
begins with the other idle. With --epochs below 40 PyTorch's time is scaled up from
its first epochs (said in the output); longtail always runs the whole cell. Exit
status 1 if PyTorch's median wall time is not at least twice longtail's.
"""
import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import torch
import torch.nn.functional as F

from against_torch import network

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EPOCHS, BATCH, RATE, LARGEST, RHO, EVALUATIONS, TEST = 40, 8, .05, 500, 100, 10, 300
TARGET = 2.0


def idx(path):
    with gzip.open(path) as f:
        raw = f.read()
    dims = raw[3]
    shape = [int.from_bytes(raw[4 + 4 * k:8 + 4 * k], "big") for k in range(dims)]
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * dims).reshape(shape)


def samples(folder, part, counts):
    """The first counts[c] images of each class, as N×3×28×28 and labels."""
    x, y = idx(f"{folder}/{part}-images-idx3-ubyte.gz"), idx(f"{folder}/{part}-labels-idx1-ubyte.gz")
    keep = np.concatenate([np.flatnonzero(y == c)[:n] for c, n in enumerate(counts)])
    return torch.tensor(x[keep, None].repeat(3, 1)).float() / 255, torch.tensor(y[keep].astype(np.int64))


def augmented(x):
    """The images, flipped half the time."""
    return torch.where(torch.rand(len(x), 1, 1, 1) < .5, x, x.flip(3))


def theirs(folder, epochs):
    counts = [int(LARGEST * RHO ** (-c / 9)) for c in range(10)]
    x, y = samples(folder, "train", counts)
    tx, ty = samples(folder, "t10k", [TEST] * 10)
    start = time.time()
    mean, std = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True)
    tx = ((tx - mean) / std).contiguous(memory_format=torch.channels_last)
    model = network("resnet8").to(memory_format=torch.channels_last)
    for m in model.modules():
        if isinstance(m, torch.nn.BatchNorm2d):
            m.momentum = .1 * BATCH / 128
    sgd = torch.optim.SGD(model.parameters(), lr=RATE, momentum=.9, weight_decay=2e-4, fused=True)
    step, steps, evaluated = 0, EPOCHS * -(-len(x) // BATCH), 0
    for epoch in range(1, epochs + 1):
        model.train()
        order = torch.randperm(len(x))
        images = ((augmented(x[order]) - mean) / std).contiguous(memory_format=torch.channels_last)
        labels = y[order]
        for first in range(0, len(x), BATCH):
            step += 1
            sgd.param_groups[0]["lr"] = RATE * min(1, step / (.025 * steps), (steps - step + 1) / (.975 * steps))
            sgd.zero_grad()
            F.cross_entropy(model(images[first:first + BATCH]), labels[first:first + BATCH]).backward()
            sgd.step()
        if epoch * EVALUATIONS // EPOCHS > evaluated:
            evaluated += 1
            model.eval()
            with torch.no_grad():
                wrong = sum((model(tx[k:k + 500]).argmax(1) != ty[k:k + 500]).sum().item() for k in range(0, len(tx), 500))
    return (time.time() - start) * EPOCHS / epochs, len(x) * EPOCHS, 100 * wrong / len(tx) if evaluated else None


def ours(tool, threads, folder):
    store = tempfile.mkdtemp(dir=folder)
    env = dict(os.environ, GOMAXPROCS=str(threads), LONGTAIL_STORE=store)
    reproduce = [tool, "reproduce", "--profile", "quick", "--seeds", "1", "--store", store, "--out", os.path.join(store, "out")]
    subprocess.run([*reproduce, "--only", "block1", "--budget", "1ms"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with open(os.path.join(store, "plan.json")) as f:
        cells = json.load(f)["body"]["cells"]
    task = next(c["task"] for c in cells if c["source"] == "Table 1a" and c["method"] == "CE" and c["rho"] == RHO)
    start = time.time()
    subprocess.run([*reproduce, "--only", task, "--budget", "none", "--jobs", "1"], check=True, env=env,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wall = time.time() - start
    with open(os.path.join(store, task, "result.json")) as f:
        result = json.load(f)["body"]
    return wall, result["cost"]["images"], result["last_error_pct"], result["cost"]["kernel_set"]


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--fashion", default="/usr/share/datasets/fashion-mnist", help="folder of train-images-idx3-ubyte.gz … (Debian: dataset-fashion-mnist)")
    a.add_argument("--longtail", help="the program; default: built from this checkout")
    a.add_argument("--epochs", type=int, default=EPOCHS, help="of PyTorch's run; fewer are scaled up")
    a.add_argument("--runs", type=int, default=1)
    a.add_argument("--threads", type=int, default=2)
    a = a.parse_args()
    torch.set_num_threads(a.threads)
    with tempfile.TemporaryDirectory() as folder:
        tool = a.longtail
        if not tool:
            tool = os.path.join(folder, "longtail")
            subprocess.run(["go", "build", "-o", tool, "./cmd/longtail"], cwd=ROOT, check=True, env=dict(os.environ, GOAMD64="v1"))
        walls = {"longtail": [], "PyTorch": []}
        for run in range(a.runs):
            torch.manual_seed(run)
            wall, images, error, kernels = ours(tool, a.threads, folder)
            walls["longtail"].append(wall)
            print(f"longtail ({kernels}): {wall:.0f} s for {images:,} images, report included; error {error:.2f} %", flush=True)
            wall, same, error = theirs(a.fashion, a.epochs)
            if same != images:
                sys.exit(f"PyTorch's side trains on {same:,} images, longtail's on {images:,}")
            walls["PyTorch"].append(wall)
            print(f"PyTorch {torch.__version__.split('+')[0]}: {wall:.0f} s" + (f", scaled from {a.epochs} epochs" if a.epochs < EPOCHS else f"; error {error:.2f} %"), flush=True)
    ratio = statistics.median(walls["PyTorch"]) / statistics.median(walls["longtail"])
    print(f"{a.threads} threads, {a.runs} run(s): PyTorch takes {ratio:.2f} times longtail's wall time (wanted: {TARGET})")
    sys.exit(ratio < TARGET)


if __name__ == "__main__":
    main()
