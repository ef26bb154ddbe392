"""Makes curves.safetensors: what PyTorch says of a small TempCNN and a small pixel network, in double precision: logits,
the gradients of the first step, the weights after three steps, and the losses of fifty steps of AdamW.

    python3 -m venv torch && torch/bin/pip install torch numpy safetensors
    torch/bin/python tests/references/curves_pytorch.py

Weights are laid out as Ritmo has them: a convolution as [kernel * channels, filters], a dense layer as
[time * filters, units], the output as [units, classes]; series as [sample, time, band].
"""

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

TIMES, BANDS, CLASSES, BATCH, STEPS = 7, 3, 4, 32, 50
LEARNING_RATE, WEIGHT_DECAY, SMOOTHING = 1e-3, 1e-2, 0.05

torch.manual_seed(20200712)
torch.set_default_dtype(torch.float64)


def conv(inputs, filters, kernel):
    return nn.Sequential(nn.Conv1d(inputs, filters, kernel, padding="same", bias=False), nn.BatchNorm1d(filters), nn.ReLU())


class TempCnn(nn.Module):
    """Pelletier et al. 2019, without biases before batch norm and without dropout."""

    filters, kernel, layers, dense_units = 8, 5, 2, 12

    def __init__(self):
        super().__init__()
        sizes = [BANDS] + [self.filters] * self.layers
        self.convs = nn.Sequential(*(conv(i, o, self.kernel) for i, o in zip(sizes, sizes[1:])))
        self.dense = nn.Linear(TIMES * self.filters, self.dense_units, bias=False)
        self.norm = nn.BatchNorm1d(self.dense_units)
        self.output = nn.Linear(self.dense_units, CLASSES)

    def forward(self, x):
        x = self.convs(x.permute(0, 2, 1)).flatten(1)
        return self.output(torch.relu(self.norm(self.dense(x))))

    def blocks(self):
        """Ritmo's name of each block, its product, its batch norm, the branches that it reads."""
        for i, block in enumerate(self.convs, 1):
            yield f"block{i}", block[0], block[1], 1
        yield f"block{self.layers + 1}", self.dense, self.norm, 1


class Pixel(nn.Module):
    """The two-branch network of the Reforestamos maps, without biases before batch norm and without dropout."""

    filters = 6

    def __init__(self):
        super().__init__()
        f = self.filters
        self.input = nn.BatchNorm1d(BANDS)
        self.branches = nn.ModuleList(
            nn.Sequential(conv(BANDS, f, kernel), nn.MaxPool1d(2), conv(f, f, kernel)) for kernel in (3, 5)
        )
        self.dense = nn.Linear(2 * f * (TIMES // 2), 2 * f, bias=False)
        self.norm = nn.BatchNorm1d(2 * f)
        self.output = nn.Linear(2 * f, CLASSES)

    def forward(self, x):
        x = self.input(x.permute(0, 2, 1))
        x = torch.cat([branch(x).flatten(1) for branch in self.branches], 1)
        return self.output(torch.relu(self.norm(self.dense(x))))

    def blocks(self):
        yield "input", None, self.input, 1
        for i, (first, _, second) in enumerate(self.branches, 1):
            yield f"branch{i}.block1", first[0], first[1], 1
            yield f"branch{i}.block2", second[0], second[1], 1
        yield "dense", self.dense, self.norm, 2


def laid_out(net, of):
    """The tensors of a network as Ritmo names and lays them out; `of` takes the parameter or its gradient."""
    tensors = {}
    for name, product, norm, branches in net.blocks():
        if isinstance(product, nn.Conv1d):
            tensors[f"{name}.weight"] = of(product.weight).permute(2, 1, 0).reshape(-1, net.filters)
        elif product is not None:
            weight = of(product.weight)
            weight = weight.reshape(len(weight), branches, net.filters, -1).permute(1, 3, 2, 0)
            tensors[f"{name}.weight"] = weight.reshape(-1, weight.shape[-1])
        tensors[f"{name}.gamma"] = of(norm.weight)
        tensors[f"{name}.beta"] = of(norm.bias)
    tensors["output.weight"] = of(net.output.weight).T
    tensors["output.bias"] = of(net.output.bias)
    return tensors


def weights(net):
    tensors = laid_out(net, lambda p: p.detach())
    for name, _, norm, _ in net.blocks():
        tensors[f"{name}.running_mean"] = norm.running_mean
        tensors[f"{name}.running_variance"] = norm.running_var
    return tensors


out = {}


def keep(prefix, tensors):
    for name, tensor in tensors.items():
        out[f"{prefix}{name}"] = tensor.detach().clone().to(torch.float32).contiguous()


# Classes that differ in their season; the same batches for both networks.
y = torch.randint(0, CLASSES, (STEPS * BATCH,))
season = torch.sin(torch.arange(TIMES)[None, :, None] * 0.9 + y[:, None, None] * 1.6 + torch.arange(BANDS) * 0.4)
x = (0.7 * season + 0.7 * torch.randn(STEPS * BATCH, TIMES, BANDS)).to(torch.float32).to(torch.float64)
keep("", {"x": x, "y": y})

for name, net in [("tempcnn", TempCnn()), ("pixel", Pixel())]:
    with torch.no_grad():
        for _, _, norm, _ in net.blocks():
            norm.weight.uniform_(0.5, 1.5)
            norm.bias.normal_(0, 0.3)
            norm.running_mean.normal_(0, 0.3)
            norm.running_var.uniform_(0.5, 1.5)
        # What is kept is what is trained from.
        for tensor in [*net.parameters(), *net.buffers()]:
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(torch.float32))
    keep(f"{name}.start.", weights(net))
    net.eval()
    keep(f"{name}.", {"logits": net(x[:BATCH])})
    net.train()
    loss_of = nn.CrossEntropyLoss(label_smoothing=SMOOTHING)
    adam = torch.optim.AdamW(net.parameters(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    losses = []
    for step in range(STEPS):
        some = slice(step * BATCH, (step + 1) * BATCH)
        adam.zero_grad()
        loss = loss_of(net(x[some]), y[some])
        loss.backward()
        losses.append(loss.detach())
        if step == 0:
            keep(f"{name}.gradient.", laid_out(net, lambda p: p.grad))
        adam.step()
        if step == 2:
            keep(f"{name}.three.", weights(net))
    keep(f"{name}.", {"losses": torch.stack(losses)})
    print(f"{name}: losses {losses[0]:.4f} to {losses[-1]:.4f}")

path = Path(__file__).with_name("curves.safetensors")
save_file(out, path)
print(f"{path}: {len(out)} tensors, {path.stat().st_size} bytes, torch {torch.__version__}")
