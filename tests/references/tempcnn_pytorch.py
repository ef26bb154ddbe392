"""Makes tempcnn.safetensors: what PyTorch says of a small TempCNN (Pelletier et al. 2019), in double precision.

    python3 -m venv torch && torch/bin/pip install torch numpy safetensors
    torch/bin/python tests/references/tempcnn_pytorch.py

Weights are laid out as Ritmo has them: a convolution as [kernel * channels, filters], the dense layer as
[time * filters, units], the output as [units, classes]; series as [sample, time, band].
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

SAMPLES, TIMES, BANDS, CLASSES = 4, 6, 3, 3
FILTERS, KERNEL, LAYERS, DENSE = 8, 5, 2, 12
LEARNING_RATE, WEIGHT_DECAY, SMOOTHING, STEPS = 1e-3, 1e-2, 0.05, 3

torch.manual_seed(20190523)
torch.set_default_dtype(torch.float64)


class TempCnn(nn.Module):
    """Without biases before batch norm (its shift takes their place) and without dropout."""

    def __init__(self):
        super().__init__()
        self.convs = nn.ModuleList(
            nn.Conv1d(BANDS if i == 0 else FILTERS, FILTERS, KERNEL, padding="same", bias=False)
            for i in range(LAYERS)
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(FILTERS) for _ in range(LAYERS))
        self.dense = nn.Linear(TIMES * FILTERS, DENSE, bias=False)
        self.dense_norm = nn.BatchNorm1d(DENSE)
        self.output = nn.Linear(DENSE, CLASSES)

    def forward(self, x):
        x = x.permute(0, 2, 1)
        for conv, norm in zip(self.convs, self.norms):
            x = torch.relu(norm(conv(x)))
        x = torch.relu(self.dense_norm(self.dense(x.flatten(1))))
        return self.output(x)


def laid_out(net, of):
    """The tensors of a network as Ritmo names and lays them out; `of` takes the parameter or its gradient."""
    tensors = {}
    for i, (conv, norm) in enumerate(zip(net.convs, net.norms), 1):
        tensors[f"block{i}.weight"] = of(conv.weight).permute(2, 1, 0).reshape(-1, FILTERS)
        tensors[f"block{i}.gamma"] = of(norm.weight)
        tensors[f"block{i}.beta"] = of(norm.bias)
    i = LAYERS + 1
    dense = of(net.dense.weight).reshape(DENSE, FILTERS, TIMES).permute(2, 1, 0)
    tensors[f"block{i}.weight"] = dense.reshape(TIMES * FILTERS, DENSE)
    tensors[f"block{i}.gamma"] = of(net.dense_norm.weight)
    tensors[f"block{i}.beta"] = of(net.dense_norm.bias)
    tensors["output.weight"] = of(net.output.weight).T
    tensors["output.bias"] = of(net.output.bias)
    return tensors


def running(net):
    tensors = {}
    for i, norm in enumerate([*net.norms, net.dense_norm], 1):
        tensors[f"block{i}.running_mean"] = norm.running_mean
        tensors[f"block{i}.running_variance"] = norm.running_var
    return tensors


def weights(net):
    return laid_out(net, lambda p: p.detach()) | running(net)


net = TempCnn()
with torch.no_grad():
    for norm in [*net.norms, net.dense_norm]:
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.normal_(0, 0.3)
        norm.running_mean.normal_(0, 0.3)
        norm.running_var.uniform_(0.5, 1.5)

out = {}


def keep(prefix, tensors):
    for name, tensor in tensors.items():
        out[f"{prefix}{name}"] = tensor.detach().clone().to(torch.float32).contiguous()


x = torch.randn(SAMPLES, TIMES, BANDS)
y = torch.tensor([0, 2, 1, 2])
keep("", {"x": x, "y": y})
keep("start.", weights(net))

net.eval()
keep("", {"logits": net(x)})

net.train()
loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
adam = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
losses = []
for step in range(STEPS):
    adam.zero_grad()
    loss = loss_of(net(x), y)
    loss.backward()
    losses.append(loss.detach())
    if step == 0:
        keep("gradient.", laid_out(net, lambda p: p.grad))
    adam.step()
keep("", {"losses": torch.stack(losses)})
keep("end.", weights(net))

path = Path(__file__).with_name("tempcnn.safetensors")
save_file(out, path)
print(f"{path}: {len(out)} tensors, {path.stat().st_size} bytes, torch {torch.__version__}")
