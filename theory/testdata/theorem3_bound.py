"""Golden values for theorem3_test.go: python3 theorem3_bound.py writes theorem3_bound.json (mpmath 1.3).

Probability of the event of Theorem 3's statement, as a product of differences of
incomplete gamma functions at 60 digits; and how often the learned rule misses the
printed error bound: thresholds at which err(B) is the bound by bisection, and the
law of B = (A + beta C)/2 by quadrature over A.
"""
import json, os
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


def miss(d, p, be, np_, nn, delta):
    tau = be - 1 - (1 + be) * delta
    pos = d * tau / 16 if tau >= 2 else d * tau**2 / 32
    bound = p * exp(-pos) + (1 - p) * exp(-d * tau**2 / (32 * be**2))
    err = lambda b: p * upper(mpf(d) / 2, b / 2) + (1 - p) * lower(mpf(d) / 2, b / be / 2)
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
        total += quad(lambda x: density(x) * lower(a2, (2 * lo - x) / be * nn / 2), linspace(0, 2 * lo, 129))
    top = best + d
    while err(top) <= bound and top < 10**6 * d:
        top *= 2
    if err(top) > bound:  # B > hi
        hi = cross(best, top)
        total += quad(lambda x: density(x) * upper(a2, (2 * hi - x) / be * nn / 2), linspace(0, 2 * hi, 129))
        total += upper(a1, 2 * hi * np_ / 2)
    return total


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
    m = miss(d, mpf(float(p)), mpf(float(be)), np_, nn, exact)
    out.append([d, float(p), float(be), np_, nn, float(delta), nstr(e, 18), nstr(m, 14)])
    print(out[-1], flush=True)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "theorem3_bound.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
