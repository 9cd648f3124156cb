# Theorem 1's collapsed draw, vectorised in numpy: the peer of
# BenchmarkTheorem1Collapsed in simulate/. Prints nanoseconds of one core a trial,
# the best of some blocks.
import sys
import time

import numpy as np

n_pos, n_neg, p, q, d, sigma, delta = 500, 500, 0.9, 0.7, 2.0, 1.0, 0.05
rng = np.random.default_rng(7)
chunk = 1 << 14  # fits the cache, which is faster than larger blocks
sd = sigma / 2 * np.sqrt(1 / n_pos + 1 / n_neg)


def trial_block():
    k = rng.binomial(n_pos, p, chunk)
    l = rng.binomial(n_neg, q, chunk)
    dev = d / 2 * ((k / n_pos - p) - (l / n_neg - q)) + sd * rng.standard_normal(chunk)
    return np.count_nonzero(np.abs(dev) > delta)


trial_block()
best = float("inf")
for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 40):
    t = time.perf_counter()
    trial_block()
    best = min(best, time.perf_counter() - t)
print(f"numpy {np.__version__}: {best / chunk * 1e9:.1f} ns a trial")
