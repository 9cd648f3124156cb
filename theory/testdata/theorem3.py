"""Golden values for theorem3_test.go: python3 theorem3.py writes theorem3.json (mpmath 1.3).

Expected errors over training sets at 30 digits, by a way that the Go code does
not take for E err(B): with G1 + G2 = S a gamma variable independent of
y = ln(C/A), both errors given y are incomplete beta functions, and y is
integrated out. The same for the plug-in (supervised) threshold, with the prior from
the labels and with p known.
"""
import json, os
from mpmath import mp, mpf, quad, log, exp, betainc, beta as B, inf, nstr, sqrt

mp.dps = 30


def above(d, c, a):
    """P(G > c S), G ~ Gamma(d/2), S ~ Gamma(a); and its complement."""
    if c <= 0:
        return mpf(1), mpf(0)
    x = 1 / (1 + c)
    hi = betainc(a, mpf(d) / 2, 0, x, regularized=True)
    lo = betainc(mpf(d) / 2, a, 0, c * x, regularized=True)
    return hi, lo


def errors(d, p, be, np_, nn):
    p, be = mpf(p), mpf(be)
    a1, a2 = mpf(d) * np_ / 2, mpf(d) * nn / 2
    norm = log(B(a1, a2))

    def density(y):
        r = mpf(nn) / np_ * exp(y)
        return exp(a2 * log(r) - (a1 + a2) * mp.log1p(r) - norm)

    def midpoint(y):
        c = (1 + be * exp(y)) / (2 * (np_ + nn * exp(y)))
        return p * above(d, c, a1 + a2)[0] + (1 - p) * above(d, c / be, a1 + a2)[1]

    def plugin(y, odds):
        l = log(be) + y
        bracket = l + mpf(2) / d * odds
        if l == 0:
            return p if bracket <= 0 else 1 - p
        r = bracket / (1 - exp(-l))
        if l > 0 and r <= 0:
            return p
        if l < 0 and r <= 0:
            return 1 - p
        c = r / (np_ + nn * exp(y))
        pos, neg = above(d, c, a1 + a2), above(d, c / be, a1 + a2)
        return p * pos[0] + (1 - p) * neg[1] if l > 0 else p * pos[1] + (1 - p) * neg[0]

    sd = sqrt(1 / a1 + 1 / a2)
    grid = [sd * k * mpf("1.5") for k in range(-24, 25)]
    labeled, known = log(mpf(np_) / nn), log(p / (1 - p))
    extra = [-log(be)] + [-log(be) - mpf(2) / d * odds for odds in (labeled, known)]
    if d * min(np_, nn) < 40:  # log-F tails are exponential
        grid = [sd * k for k in range(-150, 151, 3)]
    pts = sorted(set(grid + [e for e in extra if grid[0] < e < grid[-1]]))
    return [quad(lambda y: density(y) * f(y), pts) for f in (midpoint, lambda y: plugin(y, labeled), lambda y: plugin(y, known))]


cases = [
    (4, "0.2", 5, 6, 20), (1, "0.1", 4, 1, 1), (1, "0.5", "1.5", 2, 3), (2, "0.3", 4, 1, 7), (3, "0.01", 10, 50, 1),
    (10, "0.01", 4, 5, 200), (20, "0.1", 4, 2, 100), (10, "0.1", 6, 1, 50), (100, "0.1", 4, 5, 200),
    (200, "0.05", 5, 10, 1000), (100, "0.5", 100, 3, 3), (400, "0.1", 4, 2, 40), (1, "0.1", 4, 1000, 1),
]
out = []
for c in cases:
    mid, plug, known = errors(*c)
    out.append([c[0], float(c[1]), float(c[2]), c[3], c[4], nstr(mid, 18), nstr(plug, 18), nstr(known, 18)])
    print(out[-1], flush=True)
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "theorem3.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
