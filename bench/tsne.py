#!/usr/bin/env python3
"""t-SNE of the same features by longtail, scikit-learn and openTSNE.

    python3 -m venv /tmp/tsne && /tmp/tsne/bin/pip install scikit-learn openTSNE
    /tmp/tsne/bin/python bench/tsne.py [--n 10000] [--runs 3] [--features FILE.npy]

All have 1000 iterations (250 of early exaggeration), perplexity 30, a start
from principal components and two jobs; the programs take turns, each run in a
process of its own. Wall seconds include neighbors and affinities, not start-up
of the interpreter; user seconds are the process's. The divergence is not the one
a program prints (Barnes-Hut and openTSNE approximate its normalizer) but that of
its map against longtail's affinities, all pairs counted. Thread pools that spin
inflate user seconds on a busy machine, so OpenMP is told to wait passively.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

ITERATIONS, EARLY, JOBS = 1000, 250, 2


def features(n, d=64, classes=10):
    """Rectified features of ten classes: each a plane of 8 dimensions with
    noise; one point in eight lies between its class and another."""
    r = np.random.default_rng(0)
    y = np.arange(n) % classes
    mean = r.normal(0, 1.6, (classes, d))
    spread = r.normal(0, 0.35, (classes, 8, d))
    x = mean[y] + np.einsum("ni,nij->nj", r.normal(size=(n, 8)), spread[y]) + r.normal(0, 0.35, (n, d))
    other = (y + r.integers(1, classes, n)) % classes
    t = np.where(r.random(n) < 0.125, r.random(n) * 0.6, 0)[:, None]
    return np.maximum((1 - t) * x + t * mean[other], 0).astype("<f4")


def child(program, path, d, out):
    x = np.fromfile(path, "<f4").reshape(-1, d)
    if program == "scikit-learn":
        from sklearn.manifold import TSNE
        began = time.perf_counter()
        y = TSNE(perplexity=30, init="pca", max_iter=ITERATIONS, n_jobs=JOBS, random_state=0).fit_transform(x)
    else:
        from openTSNE import TSNE
        began = time.perf_counter()
        y = TSNE(perplexity=30, initialization="pca", early_exaggeration_iter=EARLY, n_iter=ITERATIONS - EARLY,
                 neighbors="exact", negative_gradient_method="fft", n_jobs=JOBS, random_state=0).fit(x)
    seconds = time.perf_counter() - began
    np.asarray(y, "<f8").tofile(out)
    print(json.dumps({"seconds": seconds}))


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("--n", type=int, default=10000)
    a.add_argument("--runs", type=int, default=3)
    a.add_argument("--features", help="an n x d .npy file in place of the synthetic features")
    a.add_argument("--only", default="longtail,scikit-learn,openTSNE")
    a = a.parse_args()
    x = features(a.n) if a.features is None else np.load(a.features).astype("<f4")
    n, d = x.shape
    rows = {p: [] for p in a.only.split(",")}
    with tempfile.TemporaryDirectory() as folder:
        path, ours = os.path.join(folder, "x.f32"), os.path.join(folder, "tsne")
        np.ascontiguousarray(x).tofile(path)
        here = os.path.dirname(os.path.abspath(__file__))
        subprocess.run(["go", "build", "-o", ours, "./bench/internal/tsne"], cwd=os.path.dirname(here), check=True)
        env = {**os.environ, "OMP_WAIT_POLICY": "passive", "OMP_NUM_THREADS": str(JOBS), "OPENBLAS_NUM_THREADS": str(JOBS), "GOMAXPROCS": str(JOBS)}
        for run in range(a.runs):
            for program in rows:
                out = os.path.join(folder, f"{program}.f64")
                command = [ours, "map", path, str(d), str(ITERATIONS), str(JOBS), out] if program == "longtail" else \
                    [sys.executable, os.path.abspath(__file__), "--child", program, path, str(d), out]
                before = resource.getrusage(resource.RUSAGE_CHILDREN)
                said = json.loads(subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout.splitlines()[-1])
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                said["user"] = after.ru_utime - before.ru_utime
                said["kl"] = json.loads(subprocess.run([ours, "score", path, str(d), out], check=True, capture_output=True, text=True).stdout)["kl"]
                rows[program].append(said)
                print(f"run {run}: {program:12s} {said['seconds']:7.1f} s wall, {said['user']:7.1f} s user, divergence {said['kl']:.4f}", flush=True)
    print(f"\nmedians of {a.runs}, {n} x {d}, {JOBS} jobs")
    first = None
    for program, runs in rows.items():
        m = {k: float(np.median([r[k] for r in runs])) for k in ("seconds", "user", "kl")}
        first = first or m
        print(f"{program:12s} {m['seconds']:7.1f} s wall ({m['seconds'] / first['seconds']:.2f} x), "
              f"{m['user']:7.1f} s user ({m['user'] / first['user']:.2f} x), divergence {m['kl']:.4f} ({m['kl'] / first['kl']:.4f} x)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], sys.argv[3], int(sys.argv[4]), sys.argv[5])
    else:
        main()
