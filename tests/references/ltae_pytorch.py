"""Makes ltae.safetensors: what PyTorch says of a small L-TAE per pixel (Garnot, Landrieu 2020), in double precision.

    python3 -m venv torch && torch/bin/pip install torch numpy safetensors
    torch/bin/python tests/references/ltae_pytorch.py

The structure is that of the authors' `models/ltae.py`: keys by a linear layer, one learned query a head, values split
over the heads. Dates can be masked: no head looks at them, and the layer norm over dates and channels leaves them out.

The network's widths are fixed, so its weights are many. They and the series are therefore made by a formula (`made`) that the
test knows too, and of gradients and of the weights after three steps the file holds a digest: sum, sum of squares, and every
n-th value. Weights are laid out as Ritmo has them: [inputs, outputs], layer norm over dates and channels as [time, channel].
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

SAMPLES, TIMES, BANDS, CLASSES, HEADS, KEY = 5, 6, 4, 5, 4, 3
ENCODER, MODEL, DECODER = [32, 64, 128], 256, [64, 32]
LEARNING_RATE, WEIGHT_DECAY, SMOOTHING, STEPS, KEPT = 1e-3, 1e-2, 0.05, 3, 100

torch.set_num_threads(1)
torch.set_default_dtype(torch.float64)


def made(stream, count):
    """Numbers between -0.5 and 0.5 that look random; as 32 bit."""
    whole = (1 << 32) - 1
    x = (np.arange(count, dtype=np.uint64) * 2654435761 + stream * 40503 + 12345) & whole
    x = ((x ^ (x >> np.uint64(15))) * 2246822519) & whole
    x = ((x ^ (x >> np.uint64(13))) * 3266489917) & whole
    x = x ^ (x >> np.uint64(16))
    return (x.astype(np.float64) / 2.0**32 - 0.5).astype(np.float32)


def positions():
    """The sinusoid of the day of the year, one date a fortnight, tiled per head."""
    width = MODEL // HEADS
    days = 1.0 + 14.0 * torch.arange(TIMES)
    i = torch.arange(width)
    angle = days[:, None] / 1000.0 ** (2 * (i // 2) / width)
    return torch.where(i % 2 == 0, angle.sin(), angle.cos()).repeat(1, HEADS)


def block(inputs, outputs):
    """Without a bias: the shift of the batch norm takes its place."""
    return nn.Sequential(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU())


class Ltae(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [BANDS, *ENCODER]
        self.encoder = nn.ModuleList(block(a, b) for a, b in zip(widths, widths[1:]))
        self.in_norm = nn.LayerNorm(ENCODER[-1])
        self.embed = nn.Linear(ENCODER[-1], MODEL)
        self.gamma = nn.Parameter(torch.ones(TIMES, MODEL))
        self.beta = nn.Parameter(torch.zeros(TIMES, MODEL))
        self.query = nn.Parameter(torch.zeros(HEADS, KEY))
        self.key = nn.Linear(MODEL, HEADS * KEY)
        self.mlp = block(MODEL, ENCODER[-1])
        self.out_norm = nn.LayerNorm(ENCODER[-1])
        widths = [ENCODER[-1], *DECODER]
        self.decoder = nn.ModuleList(block(a, b) for a, b in zip(widths, widths[1:]))
        self.output = nn.Linear(DECODER[-1], CLASSES)

    def embed_norm(self, x, missing):
        if missing is None:
            return nn.functional.layer_norm(x, (TIMES, MODEL), self.gamma, self.beta)
        normed = []
        for series, gaps in zip(x, missing):
            of = series[~gaps]
            normed.append((series - of.mean()) / torch.sqrt(of.var(correction=0) + 1e-5))
        return torch.stack(normed) * self.gamma + self.beta

    def forward(self, x, missing=None):
        n = len(x)
        x = x.reshape(n * TIMES, BANDS)
        for layer in self.encoder:
            x = layer(x)
        x = self.embed(self.in_norm(x)).view(n, TIMES, MODEL)
        x = self.embed_norm(x, missing) + positions()
        keys = self.key(x).view(n, TIMES, HEADS, KEY).permute(2, 0, 1, 3)
        scores = keys @ self.query.view(HEADS, 1, KEY, 1) / KEY**0.5
        if missing is not None:
            scores = scores.masked_fill(missing[None, :, :, None], -torch.inf)
        attention = torch.softmax(scores, dim=2)
        values = torch.stack(x.split(MODEL // HEADS, dim=-1))
        seen = (attention * values).sum(2).permute(1, 0, 2).reshape(n, MODEL)
        x = self.out_norm(self.mlp(seen))
        for layer in self.decoder:
            x = layer(x)
        return self.output(x), attention[..., 0].permute(1, 0, 2)


def laid_out(net):
    """Each tensor by Ritmo's name and in its order, with whether it is transposed."""

    def of_block(name, layer):
        linear, norm, _ = layer
        yield f"{name}.weight", linear.weight, True
        yield f"{name}.gamma", norm.weight, False
        yield f"{name}.beta", norm.bias, False
        yield f"{name}.running_mean", norm.running_mean, False
        yield f"{name}.running_variance", norm.running_var, False

    def of_norm(name, norm):
        yield f"{name}.gamma", norm.weight, False
        yield f"{name}.beta", norm.bias, False

    def of_linear(name, linear):
        yield f"{name}.weight", linear.weight, True
        yield f"{name}.bias", linear.bias, False

    for i, layer in enumerate(net.encoder, 1):
        yield from of_block(f"encoder{i}", layer)
    yield from of_norm("in_norm", net.in_norm)
    yield from of_linear("embed", net.embed)
    yield "embed_norm.gamma", net.gamma, False
    yield "embed_norm.beta", net.beta, False
    yield "query", net.query, False
    yield from of_linear("key", net.key)
    yield from of_block("mlp", net.mlp)
    yield from of_norm("out_norm", net.out_norm)
    for i, layer in enumerate(net.decoder, 1):
        yield from of_block(f"decoder{i}", layer)
    yield from of_linear("output", net.output)


def start(net):
    """Fills the network by the formula."""
    with torch.no_grad():
        for stream, (name, tensor, transposed) in enumerate(laid_out(net)):
            what = name.rsplit(".", 1)[-1]
            shape = tensor.shape[::-1] if transposed else tensor.shape
            u = made(stream, tensor.numel()).astype(np.float64)
            if what == "weight":
                values = u * np.sqrt(24.0 / shape[0])
            elif what in ("gamma", "running_variance"):
                values = 1.0 + 0.8 * u
            elif what == "query":
                values = 3.0 * u
            else:
                values = 0.6 * u
            values = torch.from_numpy(values.astype(np.float32).astype(np.float64)).view(shape)
            tensor.copy_(values.T if transposed else values)


def digest(tensor, transposed):
    values = (tensor.T if transposed else tensor).detach().reshape(-1)
    step = len(values) // KEPT + 1
    return torch.cat([values.sum()[None], values.square().sum()[None], values[::step]]).to(torch.float32)


x = torch.from_numpy(made(1000, SAMPLES * TIMES * BANDS).astype(np.float64) * 4).view(SAMPLES, TIMES, BANDS)
y = torch.tensor([(i * 5 + 1) % CLASSES for i in range(SAMPLES)])
gaps = torch.from_numpy(made(1001, SAMPLES * TIMES) > 0.2).view(SAMPLES, TIMES)
assert gaps.any() and not gaps.all(1).any()
out = {}
for prefix, missing in (("", None), ("masked.", gaps)):
    net = Ltae()
    start(net)
    net.eval()
    logits, attention = net(x, missing)
    out[f"{prefix}logits"] = logits.detach().to(torch.float32).contiguous()
    out[f"{prefix}attention"] = attention.detach().to(torch.float32).contiguous()
    net.train()
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    adam = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    losses = []
    for step in range(STEPS):
        adam.zero_grad()
        loss = loss_of(net(x, missing)[0], y)
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            for name, tensor, transposed in laid_out(net):
                if tensor.grad is not None:
                    out[f"{prefix}gradient.{name}"] = digest(tensor.grad, transposed)
        adam.step()
    out[f"{prefix}losses"] = torch.stack(losses).to(torch.float32)
    for name, tensor, transposed in laid_out(net):
        out[f"{prefix}end.{name}"] = digest(tensor, transposed)

path = Path(__file__).with_name("ltae.safetensors")
save_file(out, path)
print(f"{path}: {len(out)} tensors, {path.stat().st_size} bytes, torch {torch.__version__}")
