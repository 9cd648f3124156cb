#!/usr/bin/python3
"""roundtrip.py FILE.pth HEAD OUT …: load_state_dict(strict) of a ResNet-8 of 3 classes from FILE, then save it
again by PyTorch in both containers, OUT.zip.pth and OUT.legacy.pth, the latter under multi-device names."""
import sys

import torch

import golden

for path, head, out in zip(*[iter(sys.argv[1:])] * 3):
    d = torch.load(path)
    net = golden.ResNet(3, 1, head).float()
    net.load_state_dict(d["state_dict"], strict=True)
    d["state_dict"] = net.state_dict()
    torch.save(d, out + ".zip.pth")
    torch.save({"state_dict": {"module." + k: v for k, v in net.state_dict().items()}}, out + ".legacy.pth",
               _use_new_zipfile_serialization=False)
