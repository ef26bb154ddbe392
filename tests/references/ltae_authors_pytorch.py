"""Makes ltae_authors.safetensors: the logits that PyTorch gives for an L-TAE by its authors' names, in double precision.

    python3 -m venv torch && torch/bin/pip install torch numpy safetensors
    torch/bin/python tests/references/ltae_authors_pytorch.py

Names and structure are those of the temporal encoder and decoder that Garnot and Landrieu published with their paper (2020),
behind an encoder of single pixels. Weights and series are made by the formula of ltae_pytorch.py, a stream for each tensor in the
order of the names; the test knows it too.
"""

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn

SAMPLES, TIMES, BANDS, CLASSES, HEADS, KEY = 5, 6, 4, 5, 16, 8
PIXELS, MODEL = 128, 256

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


def mlp(widths, plain_end):
    parts = []
    for i, (a, b) in enumerate(zip(widths, widths[1:])):
        parts.append(nn.Linear(a, b))
        if not plain_end or i + 2 < len(widths):
            parts += [nn.BatchNorm1d(b), nn.ReLU()]
    return nn.Sequential(*parts)


class Heads(nn.Module):
    def __init__(self):
        super().__init__()
        self.Q = nn.Parameter(torch.zeros(HEADS, KEY))
        self.fc1_k = nn.Linear(MODEL, HEADS * KEY)

    def forward(self, x):
        n, t, _ = x.shape
        keys = self.fc1_k(x).view(n, t, HEADS, KEY)
        attention = torch.softmax(torch.einsum("nthk,hk->nht", keys, self.Q) / KEY**0.5, dim=-1)
        values = x.view(n, t, HEADS, MODEL // HEADS)
        return torch.einsum("nht,nthc->nhc", attention, values).reshape(n, MODEL)


class Temporal(nn.Module):
    def __init__(self):
        super().__init__()
        self.inlayernorm = nn.LayerNorm(PIXELS)
        self.inconv = nn.Sequential(nn.Conv1d(PIXELS, MODEL, 1), nn.LayerNorm((MODEL, TIMES)))
        self.position_enc = nn.Embedding(TIMES, MODEL)
        self.attention_heads = Heads()
        self.mlp = mlp([MODEL, PIXELS], False)
        self.outlayernorm = nn.LayerNorm(PIXELS)

    def forward(self, x):
        x = self.inconv(self.inlayernorm(x).transpose(1, 2)).transpose(1, 2)
        x = x + self.position_enc(torch.arange(TIMES))
        return self.outlayernorm(self.mlp(self.attention_heads(x)))


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.spatial_encoder = mlp([BANDS, 32, 64, PIXELS], False)
        self.temporal_encoder = Temporal()
        self.decoder = mlp([PIXELS, 64, 32, CLASSES], True)

    def forward(self, x):
        n = len(x)
        x = self.spatial_encoder(x.reshape(n * TIMES, BANDS)).view(n, TIMES, PIXELS)
        return self.decoder(self.temporal_encoder(x))


net = Network().eval()
state = net.state_dict()
table = "temporal_encoder.position_enc.weight"
names = sorted(name for name in state if not name.endswith("num_batches_tracked") and name != table)
with torch.no_grad():
    for stream, name in enumerate(names):
        tensor = state[name]
        u = made(stream, tensor.numel()).astype(np.float64)
        if name.endswith(".weight") and tensor.dim() > 1 and not name.endswith("inconv.1.weight"):
            values = u * np.sqrt(24.0 / tensor.shape[1])
        elif name.endswith((".weight", "running_var")):
            values = 1.0 + 0.8 * u
        elif name.endswith(".Q"):
            values = 3.0 * u
        else:
            values = 0.6 * u
        tensor.copy_(torch.from_numpy(values.astype(np.float32).astype(np.float64)).view(tensor.shape))
    width = MODEL // HEADS
    i = torch.arange(MODEL) % width
    days = 5.0 * torch.arange(TIMES) ** 2 + 3
    angle = days[:, None] / 1000.0 ** (2 * (i // 2) / width)
    state[table].copy_(torch.where(i % 2 == 0, angle.sin(), angle.cos()).float().double())
    x = torch.from_numpy(made(1000, SAMPLES * TIMES * BANDS).astype(np.float64) * 4).view(SAMPLES, TIMES, BANDS)
    logits = net(x).to(torch.float32).contiguous()

path = Path(__file__).with_name("ltae_authors.safetensors")
save_file({"logits": logits}, path)
print(f"{path}: {logits.shape}, spread {logits.std():.3f}, {path.stat().st_size} bytes, torch {torch.__version__}")
