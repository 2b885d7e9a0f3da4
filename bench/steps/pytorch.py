#!/usr/bin/env python3
"""The workloads of bench/steps/workloads.ts in PyTorch, on one thread, for comparison with the package.

python3 bench/steps/pytorch.py [W1 W2 ...]   times them and prints a line each
python3 bench/steps/pytorch.py --serve       for bench/run.js: reads a line `NAME CHOICE MILLISECONDS`, runs steps for that long and
                                       answers with a line of JSON: the milliseconds of each step

One step = forward, loss, full BPTT, optimizer, from a zero state. PyTorch has several ways to write each. The choice `modules` is its
own modules and optimizers as its documentation shows them, the first of these, with their defaults: `zero_grad()` before PyTorch 2
fills the gradients with zeros. For `fastest` all are tried, without gradients to fill, and the fastest is timed:
  one-hot    nn.RNN, nn.LSTM or nn.GRU over one-hot vectors
  look-up    the input weight as an embedding table, added to the product with the state in a loop over time
  scripted   the same loop, compiled by TorchScript
  identity   the look-up, then nn.RNN whose input weight is a frozen identity matrix
and Adam with and without `foreach`, the gradient of a look-up sparse where plain SGD takes it.
"""

import json
import os
import statistics
import sys
import time

# Read when the library loads; torch.set_num_threads does not reach OpenBLAS.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import torch
from torch import nn
from torch.nn import functional as F

# name: (cell, inputs, units, outputs, T, B, learning rate)
WORKLOADS = {
    "W1": ("RNN", 65, 64, 65, 25, 1, 1e-3),
    "W2": ("RNN", 65, 128, 65, 50, 32, 1e-3),
    "W3": ("LSTM", 65, 128, 65, 50, 32, 1e-3),
    "W4": ("LSTM", 65, 512, 65, 64, 64, 1e-3),
    "W5": ("GRU", 65, 256, 65, 64, 32, 1e-3),
    "W6": ("RNN", 8000, 100, 8000, 20, 1, 5e-3),
    "W7": ("RNN", 2, 32, 1, 400, 32, 1e-3),
}
GENERATION = "G"  # LSTM 65 -> 128 -> 65, one character at a time, sampling included
CHARACTERS = 100  # of one sample


def elman(x, w, b):
    """h_t = tanh(x_t + h_{t-1} W), h_{-1} = 0. x: [T, B, H]. The states of all steps."""
    h = torch.zeros_like(x[0])
    states = []
    for x_t in x.unbind(0):
        h = torch.tanh(torch.addmm(x_t, h, w))
        states.append(h)
    return torch.stack(states)


def lstm(x, w, b):
    """i, f, g, o side by side. x: [T, B, 4H]."""
    h = torch.zeros_like(x[0, :, : w.size(0)])
    c = h
    states = []
    for x_t in x.unbind(0):
        i, f, g, o = torch.addmm(x_t, h, w).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        states.append(h)
    return torch.stack(states)


def gru(x, w, b):
    """r, z, n side by side, the reset after the product. x: [T, B, 3H]; b: the biases that the reset scales, in n's part."""
    units = w.size(0)
    h = torch.zeros_like(x[0, :, :units])
    states = []
    for x_t in x.unbind(0):
        p = torch.addmm(b, h, w)
        r, z = torch.sigmoid(x_t[:, : 2 * units] + p[:, : 2 * units]).chunk(2, 1)
        n = torch.tanh(x_t[:, 2 * units :] + r * p[:, 2 * units :])
        h = n + z * (h - n)
        states.append(h)
    return torch.stack(states)


RECURRENCES = {"RNN": (elman, 1), "LSTM": (lstm, 4), "GRU": (gru, 3)}


class OneHot(nn.Module):
    """nn.RNN, nn.LSTM or nn.GRU over one-hot vectors, or over the reals themselves."""

    def __init__(self, cell, inputs, units):
        super().__init__()
        self.inputs = inputs
        self.rnn = getattr(nn, cell)(inputs, units)

    def forward(self, x):
        if x.dtype == torch.int64:
            x = F.one_hot(x, self.inputs).to(torch.float32)
        return self.rnn(x)[0]


class Loop(nn.Module):
    """The input's part for all steps at once (a look-up for tokens), then a loop over time."""

    def __init__(self, cell, inputs, units, scripted, sparse):
        super().__init__()
        recurrence, gates = RECURRENCES[cell]
        width = gates * units
        bound = units**-0.5
        self.v = nn.Parameter(torch.empty(inputs, width).uniform_(-bound, bound))
        self.w = nn.Parameter(torch.empty(units, width).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.zeros(width))
        self.after = nn.Parameter(torch.zeros(width)) if cell == "GRU" else None
        self.sparse = sparse
        self.recurrence = torch.jit.script(recurrence) if scripted else recurrence

    def forward(self, x):
        if x.dtype == torch.int64:
            x = F.embedding(x, self.v, sparse=self.sparse) + self.b
        else:
            x = F.linear(x, self.v.t(), self.b)
        return self.recurrence(x, self.w, self.b if self.after is None else self.after)


class Identity(nn.Module):
    """A look-up in front of nn.RNN, whose own input weight does nothing and does not learn."""

    def __init__(self, inputs, units, sparse):
        super().__init__()
        self.table = nn.Embedding(inputs, units, sparse=sparse)
        self.rnn = nn.RNN(units, units)
        with torch.no_grad():
            self.rnn.weight_ih_l0.copy_(torch.eye(units))
        self.rnn.weight_ih_l0.requires_grad_(False)

    def forward(self, x):
        return self.rnn(self.table(x))[0]


def forms(name, **zero):
    """Every way to run a workload: (what it is, step function). `zero`: arguments of zero_grad."""
    cell, inputs, units, outputs, steps, batch, rate = WORKLOADS[name]
    torch.manual_seed(1)
    if name == "W7":
        x = torch.rand(steps, batch, inputs)
        y = torch.rand(batch, outputs)
    else:
        x = torch.randint(inputs, (steps, batch))
        y = torch.randint(outputs, (steps * batch,))
    sgd = name == "W6"

    def build(body, optimize):
        head = nn.Linear(units, outputs)
        parameters = [p for p in (*body.parameters(), *head.parameters()) if p.requires_grad]
        optimizer = optimize(parameters)

        def step():
            optimizer.zero_grad(**zero)
            states = body(x)
            if name == "W7":  # only the last step counts, so only it needs an output
                loss = F.mse_loss(head(states[-1]), y)
            else:
                loss = F.cross_entropy(head(states).view(-1, outputs), y)
            loss.backward()
            optimizer.step()
            return loss

        return step

    bodies = {"one-hot" if name != "W7" else "nn.RNN": lambda: OneHot(cell, inputs, units)}
    for sparse in (False, True) if sgd else (False,):
        suffix = ", sparse" if sparse else ""
        bodies["loop" + suffix] = lambda s=sparse: Loop(cell, inputs, units, False, s)
        bodies["scripted" + suffix] = lambda s=sparse: Loop(cell, inputs, units, True, s)
        # An identity of 4H x 4H, or 3H x 3H, would cost more than the one-hot vectors do.
        if cell == "RNN" and name != "W7":
            bodies["identity" + suffix] = lambda s=sparse: Identity(inputs, units, s)
    for body, create in bodies.items():
        for foreach in (False, True):
            if foreach and "sparse" in body:
                continue
            if sgd:
                optimize = lambda p, f=foreach: torch.optim.SGD(p, lr=rate, foreach=f)
            else:
                optimize = lambda p, f=foreach: torch.optim.Adam(p, lr=rate, foreach=f)
            yield body + (", foreach" if foreach else ""), build(create(), optimize)


class Speaker(nn.Module):
    """One step of generation: a cell of one's own, whose input is a row of its weight."""

    def __init__(self, inputs: int, units: int):
        super().__init__()
        self.table = nn.Embedding(inputs, 4 * units)
        self.w = nn.Linear(units, 4 * units)
        self.head = nn.Linear(units, inputs)

    def forward(self, x: torch.Tensor, h: torch.Tensor, c: torch.Tensor):
        i, f, g, o = (self.table(x) + self.w(h)).chunk(4, 1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        p = torch.softmax(self.head(h) / 0.9, 1)
        return torch.multinomial(p, 1).view(-1), h, c


def speakers():
    """Ways to generate: (what it is, a function that gives CHARACTERS characters)."""
    inputs, units = 65, 128
    torch.manual_seed(1)

    def loop(step):
        def speak():
            with torch.inference_mode():
                x = torch.ones(1, dtype=torch.int64)
                h = c = torch.zeros(1, units)
                for _ in range(CHARACTERS):
                    x, h, c = step(x, h, c)
                return x

        return speak

    speaker = Speaker(inputs, units).eval()
    yield "scripted step", loop(torch.jit.freeze(torch.jit.script(speaker)))
    yield "eager step", loop(speaker)

    body = nn.LSTM(inputs, units).eval()
    head = nn.Linear(units, inputs).eval()
    eye = torch.eye(inputs)

    def own(x, h, c):
        y, (h, c) = body(eye[x].unsqueeze(0), (h.view(1, 1, -1), c.view(1, 1, -1)))
        return torch.multinomial(torch.softmax(head(y[0]) / 0.9, 1), 1).view(-1), h, c

    yield "nn.LSTM", loop(own)


def run(step, milliseconds, least=1):
    """Milliseconds of each step, for about the time given. Each loss is read, as training would."""
    times = []
    end = time.perf_counter() + milliseconds / 1e3
    while len(times) < least or time.perf_counter() < end:
        start = time.perf_counter()
        step().item()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def modules(name):
    """PyTorch's own modules, as they are: what it is, step."""
    if name == GENERATION:
        return next(speaker for speaker in speakers() if speaker[0] == "nn.LSTM")
    return next(forms(name))


def fastest(name):
    """Warms every form up (TorchScript compiles in its first steps), times all in turns, and returns the one with the
    fastest turn: what it is, step. The fastest, not the middle one, so that a busy moment cannot choose a slow form."""
    candidates = list(speakers() if name == GENERATION else forms(name, set_to_none=True))
    for _, step in candidates:
        run(step, 200, 5)
    best = [float("inf")] * len(candidates)
    for _ in range(5):
        for i, (_, step) in enumerate(candidates):
            best[i] = min(best[i], statistics.median(run(step, 100, 3)))
    return candidates[best.index(min(best))]


def blas():
    """The library behind the matrix products, by what this process has mapped; `reference` is Netlib's, 10 times slower."""
    torch.mm(torch.ones(64, 64), torch.ones(64, 64))
    if torch.backends.mkl.is_available():
        return "MKL"
    try:
        with open("/proc/self/maps", encoding="utf8") as maps:
            text = maps.read()
    except OSError:
        return "unknown"
    for library, name in (("openblas", "OpenBLAS"), ("blis", "BLIS"), ("mkl_core", "MKL"), ("libblas.so", "reference")):
        if library in text:
            return name
    return "unknown"


def serve():
    print(json.dumps({"version": torch.__version__, "blas": blas(), "threads": torch.get_num_threads()}), flush=True)
    ready = {}
    for line in sys.stdin:
        name, choice, milliseconds = line.split()
        if (name, choice) not in ready:
            ready[name, choice] = {"modules": modules, "fastest": fastest}[choice](name)
        form, step = ready[name, choice]
        samples = run(step, float(milliseconds))
        if name == GENERATION:
            samples = [sample / CHARACTERS for sample in samples]
        print(json.dumps({"form": form, "samples": samples}), flush=True)


def main():
    torch.set_num_threads(1)
    if sys.argv[1:] == ["--serve"]:
        serve()
        return
    print(f"PyTorch {torch.__version__}, {blas()} BLAS, 1 thread")
    for name in sys.argv[1:] or [*WORKLOADS, GENERATION]:
        for choose in (modules, fastest):
            form, step = choose(name)
            steps = CHARACTERS if name == GENERATION else 1
            print(f"{name}  {statistics.median(run(step, 2000)) / steps:8.4f} ms/step  ({choose.__name__}: {form})", flush=True)


if __name__ == "__main__":
    main()
