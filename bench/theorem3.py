# Theorem 3's collapsed draw, vectorised in numpy: the peer of
# BenchmarkTheorem3Collapsed in simulate/. A trial draws a training set's two
# class means, hence the threshold, classifies a fresh point, and looks up the
# learned rule's exact error in a table of as many nodes as ours (np.interp;
# scipy's incomplete gamma functions would take several times as long). Prints
# nanoseconds of one core a trial, the best of some blocks.
import sys
import time

import numpy as np

d, p_pos, beta, n_pos, n_neg, delta = 100, 0.1, 4.0, 5, 200, 0.2
rng = np.random.default_rng(7)
chunk = 1 << 14  # fits the cache, which is faster than larger blocks

# err(B) from a large sample of each class, interpolated: its values do not
# matter to the speed.
nodes = np.linspace(1e-9, 6 * d, 4097)
pos = np.sort(rng.chisquare(d, 200_000))
neg = np.sort(beta * rng.chisquare(d, 200_000))
errors = p_pos * (1 - np.searchsorted(pos, nodes) / len(pos)) + (1 - p_pos) * np.searchsorted(neg, nodes) / len(neg)
tau = beta - 1 - (1 + beta) * delta
bound = p_pos * np.exp(-d * tau / 16) + (1 - p_pos) * np.exp(-d * tau**2 / (32 * beta**2))


def trial_block():
    a = rng.chisquare(d * n_pos, chunk) / n_pos
    c = beta * rng.chisquare(d * n_neg, chunk) / n_neg
    b = 0.5 * (a + c)
    positive = rng.random(chunk) < p_pos
    fresh = rng.chisquare(d, chunk) * np.where(positive, 1.0, beta)
    wrong = np.count_nonzero((fresh < b) != positive)
    outside = np.count_nonzero((np.abs(a / d - 1) > delta) | (np.abs(c / (beta * d) - 1) > delta))
    learned = np.interp(b, nodes, errors)
    return wrong, outside, np.count_nonzero(learned > bound), learned.sum(), np.square(learned).sum()


trial_block()
best = float("inf")
for _ in range(int(sys.argv[1]) if len(sys.argv) > 1 else 100):
    t = time.perf_counter()
    trial_block()
    best = min(best, time.perf_counter() - t)
print(f"numpy {np.__version__}: {best / chunk * 1e9:.1f} ns a trial")
