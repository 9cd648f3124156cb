"""Golden values for theorem3_test.go (mpmath 1.3).

    python3 theorem3_bound.py           writes theorem3_bound.json
    python3 theorem3_bound.py --level   prints those of TestTheorem3Level

Probability of the event of Theorem 3's statement, as a product of differences of
incomplete gamma functions at 60 digits; and how often the learned rule misses the
printed error bound: thresholds at which err(B) is the bound by bisection, and the
law of B = (A + beta C)/2 by quadrature over A. At a level: the error that is missed so
often and the deltas at which the event, or its printed bound, fails so often, by root finding.
"""
import json, os, sys
from mpmath import mp, mpf, quad, log, exp, gammainc, nstr, linspace

mp.dps = 60


def lower(a, x):
    return gammainc(a, 0, x, regularized=True) if x > 0 else mpf(0)


def upper(a, x):
    return gammainc(a, x, mp.inf, regularized=True) if x > 0 else mpf(1)


def event(d, np_, nn, delta):
    out = mpf(1)
    for n in (np_, nn):
        a = mpf(d) * n / 2
        out *= lower(a, a * (1 + delta)) - lower(a, a * (1 - delta))
    return out


def printed_bound(d, p, be, delta):
    tau = be - 1 - (1 + be) * delta
    pos = d * tau / 16 if tau >= 2 else d * tau**2 / 32
    return p * exp(-pos) + (1 - p) * exp(-d * tau**2 / (32 * be**2))


def error(d, p, be, b):
    return p * upper(mpf(d) / 2, b / 2) + (1 - p) * lower(mpf(d) / 2, b / be / 2)


def miss(d, p, be, np_, nn, bound, pieces=128, method="tanh-sinh"):
    err = lambda b: error(d, p, be, b)
    best = max(mpf(0), 2 * be / (be - 1) * (mpf(d) / 2 * log(be) + log(p / (1 - p))))
    if err(best) > bound:
        return mpf(1)

    def cross(inside, outside):
        while abs(outside - inside) > mpf(10) ** -22 * (1 + abs(inside)):
            mid = (inside + outside) / 2
            inside, outside = (mid, outside) if err(mid) <= bound else (inside, mid)
        return inside

    a1, a2 = mpf(d) * np_ / 2, mpf(d) * nn / 2
    density = lambda x: exp(a1 * log(np_ / mpf(2)) + (a1 - 1) * log(x) - np_ * x / 2 - mp.loggamma(a1))
    total = mpf(0)
    if err(mpf(0)) > bound:  # B < lo
        lo = cross(best, mpf(0))
        total += quad(lambda x: density(x) * lower(a2, (2 * lo - x) / be * nn / 2), linspace(0, 2 * lo, pieces + 1), method=method)
    top = best + d
    while err(top) <= bound and top < 10**6 * d:
        top *= 2
    if err(top) > bound:  # B > hi
        hi = cross(best, top)
        total += quad(lambda x: density(x) * upper(a2, (2 * hi - x) / be * nn / 2), linspace(0, 2 * hi, pieces + 1), method=method)
        total += upper(a1, 2 * hi * np_ / 2)
    return total


def reaches(level, failure, lo, hi):
    """Where failure, which falls, is level."""
    return mp.findroot(lambda x: failure(x) - level, (lo, hi), solver="illinois", tol=1e-24, verify=False)


def levels(d, p, be, np_, nn, level):
    p, be, level = mpf(p), mpf(be), mpf(level)
    top = (be - 1) / (be + 1)
    eps = exp(reaches(level, lambda x: miss(d, p, be, np_, nn, exp(x), 16, "gauss-legendre"), mpf(-8), log(max(p, 1 - p))))
    leaves = reaches(level, lambda delta: 1 - event(d, np_, nn, delta), mpf(0), top)
    worst = max(error(d, p, be, d * (1 + be) / 2 * (1 + s * leaves)) for s in (-1, 1))
    printed = lambda delta: 2 * exp(-nn * d * delta**2 / 8) + 2 * exp(-np_ * d * delta**2 / 8)
    return [eps, leaves, worst] + ([reaches(level, printed, mpf(0), top)] if printed(top) <= level else [])


if "--level" in sys.argv:
    mp.dps = 16
    for c in [(7, "0.23", "5.5", 3, 8, "0.05"), (7, "0.23", "5.5", 3, 8, "0.5"), (60, "0.3", "4", 30, 80, "0.01")]:
        print(c, *(nstr(x, 8) for x in levels(*c)), flush=True)
    sys.exit()

cases = [
    (10, "0.1", "4", 2, 18, "0.15"), (20, "0.1", "4", 2, 30, "0.3"), (50, "0.2", "7", 1, 2, "0.3"), (100, "0.1", "4", 1, 3, "0.05"),
    (200, "0.1", "4", 1, 1, "0.02"), (30, "0.5", "10", 1, 2, "0.01"), (300, "0.1", "10", 1, 2, "0.05"), (40, "0.3", "2", 3, 1, "0.01"),
    (1, "0.3", "4", 1, 1, "0.4"), (3, "0.1", "4", 1, 2, "1e-3"), (3, "0.1", "4", 1, 2, "1e-6"), (3, "0.1", "4", 1, 2, "1e-9"), (9, "0.2", "6", 2, 5, "1e-12"),
]
out = []
for d, p, be, np_, nn, delta in cases:
    exact = mpf(float(delta))  # as the Go code has it
    mp.dps = 60
    e = event(d, np_, nn, exact)
    mp.dps = 25
    m = miss(d, mpf(float(p)), mpf(float(be)), np_, nn, printed_bound(d, mpf(float(p)), mpf(float(be)), exact))
    out.append([d, float(p), float(be), np_, nn, float(delta), nstr(e, 18), nstr(m, 14)])
    print(out[-1], flush=True)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "theorem3_bound.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
