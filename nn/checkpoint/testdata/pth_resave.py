"""Loads a file that WriteTorch wrote and saves it again.

    python3 pth_resave.py FILE.pth [PREFIX]

The file is loaded with torch.load, with and without weights_only=True, and
its state dict strictly into the CIFAR ResNet of its depth and width under the
reference's names. With PREFIX it is then saved as PREFIX_zip.pth and
PREFIX_legacy.pth, each tensor with the bits it had. ours_resaved_* were made
from ours.pth by PyTorch 1.13 of Debian 12.
"""
import sys
import torch
from torch import nn


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)


class ResNet(nn.Module):
    def __init__(self, blocks, width, classes):
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inputs = width
        for stage in 1, 2, 3:
            outputs = width << stage - 1
            layer = []
            for i in range(blocks):
                layer.append(Block(inputs, outputs, 2 if stage > 1 and i == 0 else 1))
                inputs = outputs
            setattr(self, "layer%d" % stage, nn.Sequential(*layer))
        self.fc = nn.Linear(inputs, classes)


path = sys.argv[1]
file = torch.load(path, weights_only=False)
safe = torch.load(path, weights_only=True)
state = file["state_dict"]
same = lambda a, b: a.dtype == b.dtype and a.shape == b.shape and a.numpy().tobytes() == b.numpy().tobytes()
assert list(state) == list(safe["state_dict"]) and all(same(state[k], safe["state_dict"][k]) for k in state)
blocks = 1 + max(int(k.split(".")[1]) for k in state if k.startswith("layer1."))
net = ResNet(blocks, len(state["conv1.weight"]), len(state["fc.weight"]))
print(path, torch.__version__, net.load_state_dict(state, strict=True), len(state), "tensors,",
      sum(p.numel() for p in net.parameters()), "parameters; other entries:", {k: v for k, v in file.items() if k != "state_dict"})
assert list(net.state_dict()) == list(state) and all(same(v, state[k]) for k, v in net.state_dict().items())
assert state["bn1.num_batches_tracked"].dtype == torch.int64 and state["bn1.num_batches_tracked"].shape == ()
if len(sys.argv) > 2:
    file["state_dict"] = net.state_dict()
    torch.save(file, sys.argv[2] + "_zip.pth")
    torch.save(file, sys.argv[2] + "_legacy.pth", _use_new_zipfile_serialization=False)
