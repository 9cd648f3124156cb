"""Golden selections by NumPy's own generator, written independently of the Go code.

Prints, for labels sorted by class, SHA-256 of the chosen positions (little-endian
int32) of the labelled set and of D_U. Run: python3 select.py > select.txt
"""
import hashlib
import numpy as np

BASE = [500] * 10
POOL = [3297, 2363, 1693, 1291, 1122, 1122, 1122, 1122, 1122, 1122]


def labelled(n, rho, kind):
    f = 1 / rho
    if kind == "step":
        return [n] * 5 + [int(n * f)] * 5
    return [int(n * f ** (c / 9.0)) for c in range(10)]


def unlabeled(total, rho_u):
    a = [int(total // 10 * (1 / rho_u) ** (c / 9.0)) for c in range(10)]
    return [int(x * (total / sum(a))) for x in a]


def take(rng, sizes, counts):
    start = np.cumsum([0] + sizes[:-1])
    out = []
    for s, n, k in zip(start, sizes, counts):
        i = np.arange(s, s + n)
        rng.shuffle(i)
        out += list(i[:k])
    return out


def sha(p):
    return hashlib.sha256(np.asarray(p, "<i4").tobytes()).hexdigest()


print("# rho imbalance seed rho_u relevance labelled unlabeled irrelevant sha_labelled sha_unlabeled sha_irrelevant")
for rho, kind, seed, rho_u, r in [
    (100, "exp", 0, 100, 1.0), (100, "exp", 0, 1, 1.0), (50, "exp", 1, 25, 1.0), (10, "exp", 2, 20, 1.0),
    (100, "step", 4294967295, 100, None), (50, "exp", 0, 50, 0.6), (50, "exp", 0, 50, 0.0),
]:
    rng = np.random.RandomState(seed)
    n = 500 if kind == "exp" else 300
    l = take(rng, BASE, labelled(n, rho, kind))
    total = 5 * len(l)
    relevant = total if r is None else int(round(r * total))
    u = take(rng, POOL, unlabeled(relevant, rho_u) if relevant else [0] * 10)
    i = np.arange(7000)
    irrelevant = []
    if relevant < total:
        rng.shuffle(i)
        irrelevant = list(i[: total - relevant])
    print(rho, kind, seed, rho_u, 1.0 if r is None else r, len(l), len(u), len(irrelevant), sha(l), sha(u), sha(irrelevant))
