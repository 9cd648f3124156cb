"""Writes the pickles that internal/pickle is tested with, and what is in them.

Run with a Python 3 that has NumPy: python3 golden.py. Files numpy1_* come from
NumPy 1.24.2 (Debian 12), numpy2_* from NumPy 2.4.6; python2_* from CPython
2.7.18, run as: python2 golden.py.
"""
import pickle
import sys

HERE = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."

if sys.version_info[0] == 2:
    # The keys and framing of the CIFAR files: byte strings, cPickle.
    import cPickle
    from collections import OrderedDict
    value = {
        "batch_label": "testing batch 1 of 1",
        "labels": [3, 8, 300, -7, 70000],
        "data": "".join(map(chr, range(256))),
        u"unicode \u00e9\u20ac": [True, None, 2.5, 10 ** 30, -(10 ** 30), 12345678901],
        "ordered": OrderedDict([("b", 1), ("a", (1, 2, 3, 4))]),
        "quoted": "it's \"so\" \\ \n",
    }
    for protocol in 0, 1, 2:
        with open("%s/python2_p%d.pkl" % (HERE, protocol), "wb") as f:
            (pickle if protocol == 0 else cPickle).dump(value, f, protocol)
    sys.exit()

import numpy as np

a = np.arange(24).reshape(2, 3, 4)
value = {
    "extrapolated_targets": np.array([5, 0, 9, -1, 2 ** 40], dtype=np.int64),
    "prediction_model": "resnet32 caf\u00e9 \u4e2d",
    "data": (np.arange(2 * 2 * 3 * 3) * 7 % 256).astype(np.uint8).reshape(2, 2, 3, 3),
    "fortran": np.asfortranarray(a.astype(np.int32)),
    "fortran_u8": np.asfortranarray(a.astype(np.uint8)),
    "big": a.astype(">i8")[:, ::2, ::-1],
    "big_float": np.array([1.5, -2.25, np.inf], dtype=">f4"),
    "half": np.array([0, -0.0, 1, 65504, 2 ** -24, -2 ** -14, np.inf, np.nan], dtype=np.float16),
    "double": np.array([np.pi, -1e-310]),
    "bool": np.array([True, False, True]),
    "signed": np.array([[-128, 127]], dtype=np.int8),
    "unsigned": np.array([65535, 1], dtype=np.uint16),
    "empty": np.zeros((0, 3), dtype=np.float32),
    "scalar_array": np.array(7, dtype=np.uint32),
    "scalar": np.float64(2.5),
    "integer": np.int64(-3),
    b"bytes key": b"\x00\xff\x80 bytes",
    "no bytes": b"",
    "list": [1, 255, 256, 65536, -1, 2 ** 31, -2 ** 63, 2 ** 63, 0x1950A86A20F9469CFC6C],
    "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4)],
    "constants": [None, True, False, 0.1, -1e300, "", "x" * 300],
}
value["shared"] = [value["list"], value["list"]]
major = np.__version__.split(".")[0]
for protocol in range(6):
    if major == "2" and protocol not in (2, 5):
        continue
    with open("%s/numpy%s_p%d.pkl" % (HERE, major, protocol), "wb") as f:
        pickle.dump(value, f, protocol=protocol)
