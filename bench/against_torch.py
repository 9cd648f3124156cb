#!/usr/bin/env python3
"""longtail's training engine and PyTorch, side by side on this machine.

    python3 -m venv ~/torch && ~/torch/bin/pip install torch openvino numpy
    ~/torch/bin/python bench/against_torch.py [train infer resnet8 threads neighbor]
        [--rounds 5] [--seconds 5] [--threads 2] [--isa avx2] [--json FILE]

Programs take turns, at least five rounds, so that a machine whose speed drifts
slows both; a ratio's range is that of the rounds. Both sides work on one
resident, normalized batch. PyTorch runs in processes that stay (it compiles for a
minute), longtail's command anew in every turn, each with a warm-up that is not
counted. A turn's speed is its median block.

train      ResNet-32, batch 128 at 32x32: forward, cross-entropy, backward, SGD
infer      the same network to logits; OpenVINO, too
resnet8    the network of `longtail reproduce --profile quick`, 28x28, batches of 32 and 128
threads    longtail on two threads against one
neighbor  longtail on two threads while another process keeps one core busy

PyTorch's float32 has channels_last, a fused SGD and, where one is installed,
tcmalloc or jemalloc in place of glibc's allocator (said in the output); the faster
of eager and torch.compile counts, and where one of them did not run (--modes, or it
failed to start) they are not judged. bfloat16 autocast stands beside and never
counts: it is less precise. Nothing else should run on the machine; taking turns
cannot repair noise from outside. Exit status 1 if a target of `TARGETS` is missed or
not judged.
"""
import argparse
import ctypes.util
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# Least ratios, ours to theirs, by longtail's kernel set: avx2 with --isa avx2, or on a
# machine without AVX-512. Others have none.
TARGETS = {
    "avx512": {"train": 2.2, "train, direct": 1.2, "infer": 1.6, "OpenVINO": 1.5},
    "avx2": {"train": 1.2},
}
TWO_THREADS, WITH_NEIGHBOUR = 1.85, 0.65

# What counts as the peer, and what stands beside.
TRAIN = {"eager": True, "compile": True, "bfloat16": False, "bfloat16 compile": False}
INFER = {"eager": True, "compile": True, "bfloat16 compile": False, "OpenVINO": False}


# ---------------------------------------------------------------- PyTorch's side

def network(arch):
    """ResNet for small images with parameter-free shortcuts, as longtail's nn."""
    import torch
    import torch.nn as nn
    import torch.nn.functional as F

    class Block(nn.Module):
        def __init__(self, cin, cout, stride):
            super().__init__()
            self.conv1 = nn.Conv2d(cin, cout, 3, stride, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(cout)
            self.conv2 = nn.Conv2d(cout, cout, 3, 1, 1, bias=False)
            self.bn2 = nn.BatchNorm2d(cout)
            self.pad = (cout - cin) // 2

        def forward(self, x):
            y = F.relu(self.bn1(self.conv1(x)))
            y = self.bn2(self.conv2(y))
            if self.pad:
                x = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))
            return F.relu(y + x)

    class ResNet(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
            self.bn1 = nn.BatchNorm2d(16)
            blocks = (int(arch.removeprefix("resnet")) - 2) // 6
            cin = 16
            for stage, cout in enumerate((16, 32, 64), 1):
                layer = []
                for b in range(blocks):
                    layer.append(Block(cin, cout, 2 if stage > 1 and b == 0 else 1))
                    cin = cout
                setattr(self, f"layer{stage}", nn.Sequential(*layer))
            self.fc = nn.Linear(64, 10)
            for m in self.modules():
                if isinstance(m, nn.Conv2d):
                    nn.init.kaiming_normal_(m.weight)

        def forward(self, x):
            x = F.relu(self.bn1(self.conv1(x)))
            x = self.layer3(self.layer2(self.layer1(x)))
            return self.fc(x.mean((2, 3)))

    return ResNet()


def worker(task):
    """Builds one mode, then times it for as many seconds as each line of stdin says."""
    import torch
    import torch.nn.functional as F
    torch.set_num_threads(task["threads"])
    torch.set_num_interop_threads(1)
    torch.manual_seed(0)
    if task["isa"] == "avx2":
        import torch._inductor.config as inductor
        inductor.cpp.simdlen = 256
    model = network(task["arch"]).to(memory_format=torch.channels_last)
    n, size, mode = task["batch"], task["size"], task["mode"]
    x = torch.randn(n, 3, size, size).contiguous(memory_format=torch.channels_last)
    y = torch.randint(10, (n,))
    cast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled="bfloat16" in mode)
    losses = []
    if task["work"] == "train":
        model.train()
        sgd = torch.optim.SGD(model.parameters(), lr=.02, momentum=.9, weight_decay=2e-4, fused=True)
        forward = torch.compile(model) if "compile" in mode else model

        def step():
            sgd.zero_grad(set_to_none=True)
            with cast():
                loss = F.cross_entropy(forward(x), y)
            loss.backward()
            sgd.step()
            losses.append(loss.item())
    elif mode == "OpenVINO":
        import openvino as ov
        core = ov.Core()
        model.eval()
        compiled = core.compile_model(ov.convert_model(model, example_input=x, input=[list(x.shape)]), "CPU", {
            "INFERENCE_NUM_THREADS": task["threads"], "INFERENCE_PRECISION_HINT": "f32", "PERFORMANCE_HINT": "LATENCY"})
        request, images = compiled.create_infer_request(), x.contiguous().numpy()

        def step():
            request.infer([images], share_inputs=True, share_outputs=True)
    else:
        if "compile" in mode:
            import torch._inductor.config as inductor
            inductor.freezing = True
        model.eval()
        forward = torch.compile(model) if "compile" in mode else model

        def step():
            with torch.inference_mode() if "compile" not in mode else torch.no_grad(), cast():
                forward(x)

    for _ in range(3):
        step()
    print(json.dumps({"ready": torch.__version__}), flush=True)
    for line in sys.stdin:
        seconds = float(line)
        step()
        began = time.perf_counter()
        step()
        steps = max(1, int(.2 / (time.perf_counter() - began)))
        rates, done, start, computed = [], 0, time.perf_counter(), time.process_time()
        while not rates or time.perf_counter() - start < seconds:
            began = time.perf_counter()
            for _ in range(steps):
                step()
            rates.append(steps * n / (time.perf_counter() - began))
            done += steps * n
        computed = time.process_time() - computed
        print(json.dumps({"wall": statistics.median(rates), "cpu": done / computed, "loss": losses[-1] if losses else None}), flush=True)


def allocator():
    """A preloadable allocator better than glibc's at large blocks that come and go."""
    for name in ("jemalloc", "tcmalloc_minimal", "tcmalloc"):
        for path in [ctypes.util.find_library(name)] + sorted(glob.glob(f"/usr/lib/*/lib{name}.so*")):
            if path:
                return path
    return None


class Torch:
    """A mode of PyTorch in a process that waits for its turns."""

    def __init__(self, options, task):
        env = dict(os.environ, OMP_NUM_THREADS=str(task["threads"]))
        if task["mode"] == "OpenVINO":
            pass  # it brings its own allocator, and tcmalloc ends it with "double free"
        elif library := allocator():
            env["LD_PRELOAD"] = library
            env["MALLOC_CONF"] = "background_thread:false,dirty_decay_ms:-1,muzzy_decay_ms:-1"  # jemalloc: keep what is freed
            env["TCMALLOC_RELEASE_RATE"] = "0"
        else:
            env.update(MALLOC_MMAP_THRESHOLD_="4294967296", MALLOC_TRIM_THRESHOLD_="4294967296")
        if options.isa == "avx2":
            env.update(DNNL_MAX_CPU_ISA="AVX2", ATEN_CPU_CAPABILITY="avx2")
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--worker", json.dumps(task)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True, env=env)
        self.version = self.read()["ready"]

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            self.log.seek(0)
            raise RuntimeError(self.log.read()[-2000:])
        return json.loads(line)

    def turn(self, options):
        print(options.seconds, file=self.process.stdin, flush=True)
        return self.read()["cpu" if options.cpu_time else "wall"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


# ---------------------------------------------------------------- longtail's side

def ours(options, work, arch, size, batch, threads, exact=False):
    env = dict(os.environ)
    if options.isa == "avx2":
        env["LONGTAIL_KERNELS"] = "avx2"
    command = [options.longtail, "bench", work, "--arch", arch, "--size", str(size), "--batch", str(batch), "--threads", str(threads),
               "--seconds", str(options.seconds), "--brief", "--json", *["--exact"] * exact]
    m = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=env).stdout)
    return m, m["images_per_cpu_second" if options.cpu_time else "images_per_second"]


# ---------------------------------------------------------------- the comparison

def spread(v):
    return f"{statistics.median(v):.2f} ({min(v):.2f}-{max(v):.2f})"


def unjudged(rates, every, least, work):
    """Modes that have to be beaten and did not run: those that count, where the work has a
    target, and those with a target of their own. every: of the work; rates: of what ran."""
    return [m for m, counts in every.items() if not rates.get(m) and (m in least or counts and work in least)]


def ratio(a, b):
    return [x / y for x, y in zip(a, b)]


class Run:
    def __init__(self, options):
        self.options, self.missed, self.record = options, [], []

    def check(self, what, value, least):
        verdict = "met" if value >= least else "MISSED"
        if value < least:
            self.missed.append(what)
        return f"{verdict}: at least {least}"

    def against(self, work, arch, size, batch):
        o = self.options
        every = modes = TRAIN if work == "train" else INFER
        if arch == "resnet8":
            modes = {m: c for m, c in modes.items() if c}
        if o.modes:
            modes = {m: c for m, c in modes.items() if m in o.modes.split(",")}
        title = f"{work} {arch}, {size}x{size}, batch {batch}, {o.threads} threads"
        print(f"\n{title}", flush=True)
        peers = {}
        for mode in modes:
            task = {"work": work, "mode": mode, "arch": arch, "size": size, "batch": batch, "threads": o.threads, "isa": o.isa}
            try:
                peers[mode] = Torch(o, task)
            except RuntimeError as e:
                print(f"  {mode}: left out: {str(e).strip().splitlines()[-1:]}", flush=True)
        rates = {name: [] for name in ["longtail", "longtail, direct", *peers]}
        for r in range(o.rounds):
            for exact, name in ((False, "longtail"), (True, "longtail, direct")):
                m, rate = ours(o, work, arch, size, batch, o.threads, exact)
                rates[name].append(rate)
                if not exact:
                    last = m
            for mode, peer in peers.items():
                if "bfloat16" in mode and r >= 2:  # without the instructions it takes very long
                    continue
                rates[mode].append(peer.turn(o))
            print(f"  round {r + 1}: " + ", ".join(f"{k} {v[-1]:.0f}" for k, v in rates.items() if v), flush=True)
        for p in peers.values():
            p.close()
        self.record.append({"case": title, "kernel_set": last["kernel_set"], "rates": rates})
        print(f"  longtail {last['kernel_set']}: {last['gflops']:.0f} GFLOP/s nominal, {last['of_peak_pct']:.0f} % of "
              f"{last['fma_peak_gflops']:.0f}; {last['allocs_per_step']:g} allocations a step (objective {last['objective_allocs_per_step']:g}), "
              f"{last['peak_rss_mb'] or 0:.0f} MB" + (f", batches {last['batch_pct']:.1f} % of a step" if "batch_pct" in last else ""))
        counted = [m for m in peers if modes[m] and rates[m]]
        best = max(counted, key=lambda m: statistics.median(rates[m]), default=None)
        least = TARGETS.get(last["kernel_set"].removesuffix("+fma"), {}) if arch == "resnet32" else {}
        absent = unjudged(rates, every, least, work)
        if any(every[m] for m in absent):  # the fastest may be among them
            least = {m: v for m, v in least.items() if m in every}
        print(f"  images a second, median (range); ratio of ours, by rounds\n  {'':20s}{'':26s}{'longtail':>20s}{'direct':>20s}")
        for name, v in rates.items():
            if not v:
                continue
            line = f"  {name:20s}{statistics.median(v):8.0f} ({min(v):.0f}-{max(v):.0f})"
            if name in peers:
                fast, direct = ratio(rates["longtail"], v), ratio(rates["longtail, direct"], v)
                line = f"{line:48s}{spread(fast):>20s}{spread(direct):>20s}"
                if name == best:
                    line += "  <- the fastest float32"
                    if work in least:
                        line += f"; {self.check(title, statistics.median(fast), least[work])}"
                    if f"{work}, direct" in least:
                        line += f"; direct {self.check(title + ', direct', statistics.median(direct), least[work + ', direct'])}"
                elif name in least:
                    line += f"  {self.check(title + ' against ' + name, statistics.median(fast), least[name])}"
            print(line)
        for m in absent:
            print(f"  not judged: {m} did not run")
            self.missed.append(f"{title}: {m} did not run")

    def threads(self):
        one, two = [], []
        for k in range(self.options.rounds):
            pair = ((one, 1), (two, 2))
            for rates, threads in pair if k % 2 == 0 else reversed(pair):  # of elapsed time, also with --cpu-time
                rates.append(ours(self.options, "train", "resnet32", 32, 128, threads)[0]["images_per_second"])
        r = ratio(two, one)
        self.record.append({"case": "threads", "rates": {"one": one, "two": two}})
        print(f"\nthreads: two are {spread(r)} times as fast as one; "
              f"{self.check('threads', statistics.median(r), TWO_THREADS)}", flush=True)

    def neighbor(self):
        idle, busy = [], []
        cores = sorted(os.sched_getaffinity(0))
        for _ in range(self.options.rounds):
            idle.append(ours(self.options, "train", "resnet32", 32, 128, 2)[1])
            spin = subprocess.Popen([sys.executable, "-c", f"import os\nos.sched_setaffinity(0, {{{cores[-1]}}})\nwhile True: pass"])
            try:
                busy.append(ours(self.options, "train", "resnet32", 32, 128, 2)[1])
            finally:
                spin.kill()
                spin.wait()
        r = ratio(busy, idle)
        self.record.append({"case": "neighbor", "rates": {"idle": idle, "busy": busy}})
        print(f"\nneighbor on one of {len(cores)} cores: two threads keep {spread(r)} of their speed; "
              f"{self.check('neighbor', statistics.median(r), WITH_NEIGHBOUR)}", flush=True)


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("what", nargs="*", default=["train", "infer", "resnet8", "threads", "neighbor"])
    a.add_argument("--rounds", type=int, default=5)
    a.add_argument("--seconds", type=float, default=5, help="of a turn")
    a.add_argument("--threads", type=int, default=2)
    a.add_argument("--cpu-time", action="store_true", help="images a second of computing, for a machine that is not idle; with --threads 1, because PyTorch's threads spin while they wait")
    a.add_argument("--isa", choices=["avx2"], help="hold PyTorch and longtail to AVX2")
    a.add_argument("--modes", help="of PyTorch, with commas; default: all")
    a.add_argument("--longtail", help="the program; default: built from this source")
    a.add_argument("--json", help="write every turn to this file")
    options = a.parse_args()
    for w in options.what:
        if w not in ("train", "infer", "resnet8", "threads", "neighbor"):
            a.error(f"unknown comparison {w}")
    with tempfile.TemporaryDirectory() as folder:
        if not options.longtail:
            options.longtail = os.path.join(folder, "longtail")
            subprocess.run(["go", "build", "-o", options.longtail, "./cmd/longtail"], cwd=os.path.dirname(HERE), check=True,
                           env=dict(os.environ, GOAMD64="v1"))
        load = os.getloadavg()[0]
        cpu = next((l.split(":")[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "?")
        import torch
        print(f"{cpu}, {len(os.sched_getaffinity(0))} cores, load {load:.1f} before the start"
              + (": TOO BUSY, the numbers say little" if load > 1 and not options.cpu_time else "")
              + ("; all speeds but those of threads by CPU time" if options.cpu_time else ""))
        print(f"PyTorch {torch.__version__}, channels_last, allocator {allocator() or 'glibc, trimming off'}"
              + (", held to AVX2" if options.isa else f", {torch.backends.cpu.get_cpu_capability()}"))
        run = Run(options)
        for w in options.what:
            if w == "resnet8":
                for batch in (32, 128):
                    run.against("train", "resnet8", 28, batch)
            elif w == "threads":
                run.threads()
            elif w == "neighbor":
                run.neighbor()
            else:
                run.against(w, "resnet32", 32, 128)
        if options.json:
            with open(options.json, "w") as f:
                json.dump({"cpu": cpu, "torch": torch.__version__, "isa": options.isa, "load_before": load, "cases": run.record}, f, indent=1)
    if run.missed:
        sys.exit("missed: " + "; ".join(run.missed))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(json.loads(sys.argv[2]))
    else:
        main()
