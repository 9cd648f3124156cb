"""Writes the checkpoints that nn/checkpoint is tested with.

    /usr/bin/python3 pth_golden.py     PyTorch 1.13 of Debian 12; torch2_* with PyTorch 2.15.0 from PyPI

tensors_legacy.pth and tensors_zip.pth hold the same odd tensors, listed in
tensors.json as shape and elements; training_*.pth what the reference's
programs write after two steps of SGD, listed in training.json.
"""
import collections
import json
import os
import torch

os.chdir(os.path.dirname(os.path.abspath(__file__)))
two = torch.__version__.startswith("2")
prefix = "torch2_" if two else ""


def listing(t):
    """Shape and elements; what JSON cannot say as text."""
    flat = t.detach().double().reshape(-1).tolist()
    return {"shape": list(t.shape), "float": t.dtype.is_floating_point,
            "data": [x if x == x and abs(x) != float("inf") else str(x) for x in flat]}


def save(value, name):
    torch.save(value, prefix + name + "_zip.pth")
    if not two:
        torch.save(value, name + "_legacy.pth", _use_new_zipfile_serialization=False)


base = torch.arange(60, dtype=torch.float32).reshape(3, 4, 5) * 0.37 - 5
other = torch.arange(24, dtype=torch.float64) / 7
state = collections.OrderedDict()
state["plain"] = base
state["transposed"] = base.permute(2, 0, 1)
state["slice"] = base[1:, ::2, 1:4]
state["row"] = base[2, 3]
state["expanded"] = torch.tensor([[1.5], [2.5]]).expand(2, 3)
state["same"] = base
state["double"] = other[::5]
state["tail"] = other[20:]
state["special"] = torch.tensor([float("nan"), float("inf"), -float("inf"), -0.0, 1e-45, 3.4e38])
state["half"] = torch.tensor([1.0, -2.5, 65504.0, 6e-8, float("inf")]).half()
state["bfloat16"] = torch.tensor([1.0, -2.5, 3e38, 1e-40]).bfloat16()
state["num_batches_tracked"] = torch.tensor(2 ** 53 - 1)
state["int32"] = torch.tensor([[-2 ** 31, 2 ** 31 - 1]], dtype=torch.int32)
state["int16"] = torch.tensor([-32768, 5], dtype=torch.int16)
state["int8"] = torch.tensor([-128, 127], dtype=torch.int8)
state["uint8"] = torch.tensor([0, 255], dtype=torch.uint8)
state["bool"] = torch.tensor([True, False, True])
state["empty"] = torch.zeros(0, 3)
state["scalar"] = torch.tensor(2.25)
state._metadata = collections.OrderedDict([("", {"version": 1}), ("bn1", {"version": 2})])
save(state, "tensors")
if not two:
    with open("tensors.json", "w") as f:
        json.dump([dict(listing(t), name=k) for k, t in state.items()], f)

if not two:
    # As the reference's training program on several devices writes it.
    torch.manual_seed(1)
    model = torch.nn.Sequential(collections.OrderedDict([
        ("conv1", torch.nn.Conv2d(3, 4, 3, bias=False)), ("bn1", torch.nn.BatchNorm2d(4)),
        ("pool", torch.nn.AdaptiveAvgPool2d(1)), ("flat", torch.nn.Flatten()), ("linear", torch.nn.Linear(4, 5))]))
    sgd = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, weight_decay=2e-4)
    for _ in range(2):
        sgd.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.randn(6, 3, 8, 8)), torch.arange(6) % 5).backward()
        sgd.step()
    named = collections.OrderedDict(("module." + k, v) for k, v in model.state_dict().items())
    save({"epoch": 7, "arch": "resnet32", "state_dict": named, "best_acc1": torch.tensor(71.25),
          "optimizer": sgd.state_dict()}, "training")
    with open("training.json", "w") as f:
        json.dump([dict(listing(t), name=k) for k, t in named.items()], f)
    save({"epoch": 90, "best_epoch": 80, "best_acc": 0.5, "centroids": None, "state_dict_best": {
        "feat_model": collections.OrderedDict([("module.conv1.weight", base)]),
        "classifier": collections.OrderedDict([("module.fc.weight", other), ("module.fc.bias", other[:2])])}}, "large")
