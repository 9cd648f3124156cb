# Golden values of Theorem 1's exact failure probability, for theorem1_test.go.
# Needs mpmath (Debian python3-mpmath): python3 theorem1.py > theorem1.tsv
#
# The moment generating function is inverted along Re t = c by the trapezoid
# rule at 50 digits and a step so fine that halving it changes nothing; where
# the sizes are small the double sum over both binomials is used instead.
from mpmath import mp, mpf, mpc, exp, log, sqrt, pi, findroot, erfc, binomial

mp.dps = 50


def cgf(t, s, parts):
    v = s * s * t * t / 2
    for n, p, a in parts:
        v += n * (log(1 - p + p * exp(a * t)) - p * a * t)
    return v


def upper(x, s, parts):
    f = lambda t: mp.diff(lambda u: cgf(u, s, parts), t) - x - 1 / t
    var = s * s + sum(n * p * (1 - p) * a * a for n, p, a in parts)
    lo, hi = mpf(0), 1 / sqrt(var)
    while f(hi) < 0:
        lo, hi = hi, 2 * hi
    for _ in range(60):
        m = (lo + hi) / 2
        lo, hi = (m, hi) if f(m) < 0 else (lo, m)
    c = hi
    width = sqrt(s * s + sum(n * a * a * mpf("0.25") for n, p, a in parts))
    base = cgf(c, s, parts) - c * x

    def trapezoid(h):
        total, j = 1 / (2 * c), 1
        while s * s * (j * h) ** 2 / 2 < 75:
            t = mpc(c, j * h)
            g = s * s * t * t / 2 - t * x - base
            w = mpc(1)
            for n, p, a in parts:
                z = 1 - p + p * exp(a * t)
                w *= exp(n * log(z) - n * p * a * t)
            total += (exp(g) * w / t).real
            j += 1
        return log(h / pi * total) + base

    h = min(2 * pi * c / 90, 2 * pi / (24 * width))
    a, b = trapezoid(h), trapezoid(h / 2)
    assert abs(a - b) < mpf(10) ** -18, (a, b)
    return b


def double_sum(x, s, parts):
    (n, p, a), (m, q, b) = parts
    total = mpf(0)
    for k in range(n + 1):
        wk = binomial(n, k) * p**k * (1 - p) ** (n - k)
        for l in range(m + 1):
            w = wk * binomial(m, l) * q**l * (1 - q) ** (m - l)
            dev = a * (k - n * p) + b * (l - m * q)
            total += w * erfc((x - dev) / s / sqrt(2)) / 2
    return log(total)


print("n_pos\tn_neg\tp\tq\tD\tdelta\tln_failure")
for n, m, p, q, d, delta in [
    (500, 500, 0.9, 0.7, 2.0, 0.2),
    (500, 500, 0.9, 0.7, 2.0, 1.5),
    (1000000, 1000000, 0.9, 0.7, 2.0, 0.001),
    (1000000, 1000000, 0.9, 0.7, 2.0, 0.03),
    (1000000, 1000, 0.5, 0.99, 6.0, 0.9),
    (10, 1000000, 0.875, 0.5, 2.0, 4.0),
    (100000, 100000, 0.001, 0.25, 40.0, 1.0),
    (12, 9, 0.75, 0.5, 2.0, 0.5),
    (12, 9, 0.75, 0.5, 2.0, 9.0),
    (20, 30, 0.9990234375, 0.5, 1024.0, 300.0),
]:
    s = sqrt(1 / mpf(n) + 1 / mpf(m)) / 2
    p, q, d, delta = map(mpf, (p, q, d, delta))
    parts = [(n, p, d / 2 / n), (m, q, -d / 2 / m)]
    mirror = [(n, p, -d / 2 / n), (m, q, d / 2 / m)]
    tail = double_sum if n * m < 1000 else upper
    u, v = tail(delta, s, parts), tail(delta, s, mirror)
    ln = max(u, v) + log(1 + exp(min(u, v) - max(u, v)))
    print("\t".join([str(n), str(m), repr(float(p)), repr(float(q)), repr(float(d)), repr(float(delta)), mp.nstr(ln, 20)]), flush=True)
