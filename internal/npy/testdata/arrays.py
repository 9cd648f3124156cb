#!/usr/bin/python3
"""Makes this folder's arrays with NumPy: /usr/bin/python3 arrays.py, in this folder."""
import numpy as np

arrays = {
    "images": np.arange(72, dtype=np.uint8).reshape(2, 3, 4, 3),
    "labels": np.array([7, -1], dtype=np.int64),
    "scalar": np.float32(1.5),
}
np.savez("arrays.npz", **arrays)
np.savez_compressed("arrays_packed.npz", **arrays)
np.save("logits.npy", np.array([[1, -2, 0.5], [0, 1e-30, 3]], dtype=np.float32))
