"""Golden values for gamma_test.go and the coefficient table of gamma.go.

    python3 gamma.py            writes gamma.json beside this file (mpmath 1.3, about a minute)
    python3 gamma.py --table    prints the table gammaUniform

The values come from quadrature of the gamma density at 40 digits, in units of
its decay length, which shares nothing with the series, the continued fraction
or the uniform expansion that the Go code uses.
"""
import json, os, sys
from fractions import Fraction
from mpmath import mp, mpf, quad, log, exp, loggamma, nstr, sqrt

mp.dps = 40


def bernoulli(n):
    row, out = [], []
    for m in range(n + 1):
        row.append(Fraction(1, m + 1))
        for j in range(m, 0, -1):
            row[j - 1] = j * (row[j - 1] - row[j])
        out.append(row[0])
    return out


def stirling(n):
    """g_0..g_n of Gamma*(a) ~ sum g_k a^-k (DLMF 5.11.3), from exp of the log series."""
    B = bernoulli(n + 2)
    l = [Fraction(0)] * (n + 1)
    for k in range(1, n + 1, 2):
        l[k] = B[k + 1] / (k * (k + 1))
    g = [Fraction(1)]
    for k in range(1, n + 1):
        g.append(sum(j * l[j] * g[k - j] for j in range(1, k + 1)) / k)
    return g


def table(rows, columns):
    """d[k][n] of DLMF 8.12.12, exact."""
    size = columns + 2 * rows
    alpha = [Fraction(0), Fraction(1)]
    for m in range(2, size + 3):
        s = sum(i * alpha[i] * alpha[m + 1 - i] for i in range(2, m))
        alpha.append((alpha[m - 1] - s) / (m + 1))
    g = stirling(rows)
    d = [[Fraction(-1, 3)] + [(n + 2) * alpha[n + 2] for n in range(1, size + 1)]]
    for k in range(1, rows):
        d.append([(-1) ** k * g[k] * d[0][n] + (n + 2) * d[k - 1][n + 2] for n in range(size + 1 - 2 * k)])
    return [row[:columns] for row in d]


def tails(a, mu):
    """ln P and ln Q at x = a (1 + mu)."""
    a, mu = mpf(a), mpf(mu)
    x = a * (1 + mu)

    norm = loggamma(a)

    # Integrate away from x on the small side; y = ln(t/x), density exp(a y - x e^y).
    def side(sign):
        base = a * log(x) - x
        slope = abs(a - x)
        step = 1 / sqrt(a + slope ** 2)  # decay length in y, up to a factor
        f = lambda y: exp(a * (log(x) + sign * y) - x * exp(sign * y) - base)
        pts, y = [mpf(0)], step
        for _ in range(200):
            pts.append(pts[-1] + y)
            v = f(pts[-1])
            if v < mpf(10) ** -45:
                break
            y = y * mpf("1.5")
        return base - norm + log(quad(f, pts))

    if mu > 0:
        lq = side(+1)
        return mp.log1p(-exp(lq)), lq
    lp = side(-1)
    return lp, mp.log1p(-exp(lp))


def cases():
    for a in [0.5, 1, 1.5, 2.5, 10, 50, 100.5, 500, 999.5, 1000, 1000.5, 5000, 5e4, 5e5, 2.5e6, 1e7, 5e8, 5e9, 5e11]:
        sd = 1 / a ** 0.5
        for z in [0.01, 0.5, 1, 3, 10, 25, 36, 60, 300]:
            for s in (-1, 1):
                mu = s * z * sd
                if -1 < mu < 40 * max(1, 20 * sd):
                    yield a, float("%.6g" % mu)
        for mu in (-0.999999, -0.9, -0.5, 1.0, 4.0):
            if a <= 5e4:
                yield a, mu


if "--table" in sys.argv:
    for row in table(5, 32):
        print("\t{" + ", ".join(repr(float(v)) for v in row) + "},")
    sys.exit()

out = []
for a, mu in cases():
    lp, lq = tails(a, mu)
    out.append([a, mu, nstr(lp, 20), nstr(lq, 20)])
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "gamma.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
print(len(out), "values")
