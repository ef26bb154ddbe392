"""Times PyTorch on one thread, per second of CPU, for `benches/peer.rs` and `benches/map.rs`; prints JSON. With the name of
a network only its inference is timed.

Networks, sizes and steps are those that Ritmo is timed with: 12 dates, 10 bands, 10 classes, eager mode, 32-bit floats.
"""

import json
import sys
import time

import torch
from torch import nn

TIMES, BANDS, CLASSES = 12, 10, 10
# Of CPU, for each rate of inference; twice that of training.
SECONDS = 1.0
torch.set_num_threads(1)
torch.manual_seed(1)


class TempCnn(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [], BANDS
        for _ in range(3):
            layers += [nn.Conv1d(channels, 64, 5, padding="same"), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2)]
            channels = 64
        self.convs = nn.Sequential(*layers)
        self.dense = nn.Sequential(nn.Flatten(), nn.Linear(64 * TIMES, 256), nn.BatchNorm1d(256), nn.ReLU(), nn.Dropout(0.5))
        self.output = nn.Linear(256, CLASSES)

    def forward(self, x):
        return self.output(self.dense(self.convs(x)))


class Pixel(nn.Module):
    def __init__(self, h=32):
        super().__init__()

        def branch(kernel):
            return nn.Sequential(
                nn.Conv1d(BANDS, h, kernel, padding="same"), nn.BatchNorm1d(h), nn.ReLU(), nn.Dropout(0.2), nn.MaxPool1d(2),
                nn.Conv1d(h, h, kernel, padding="same"), nn.BatchNorm1d(h), nn.ReLU(), nn.Flatten(),
            )

        self.norm, self.short, self.long = nn.BatchNorm1d(BANDS), branch(3), branch(5)
        self.head = nn.Sequential(
            nn.Linear(2 * h * (TIMES // 2), 2 * h), nn.BatchNorm1d(2 * h), nn.ReLU(), nn.Linear(2 * h, CLASSES)
        )

    def forward(self, x):
        x = self.norm(x)
        return self.head(torch.cat([self.short(x), self.long(x)], 1))


class Ltae(nn.Module):
    def __init__(self, heads=16, key=8, width=256):
        super().__init__()
        self.heads, self.key = heads, key
        self.encoder = nn.ModuleList()
        before = BANDS
        for after in (32, 64, 128):
            self.encoder.append(nn.ModuleList([nn.Linear(before, after), nn.BatchNorm1d(after)]))
            before = after
        self.in_norm, self.embed, self.embed_norm = nn.LayerNorm(128), nn.Linear(128, width), nn.LayerNorm((TIMES, width))
        self.days = nn.Parameter(torch.randn(TIMES, width), requires_grad=False)
        self.query, self.keys = nn.Parameter(torch.randn(heads, key)), nn.Linear(width, heads * key)
        self.mlp = nn.Sequential(nn.Linear(width, 128), nn.BatchNorm1d(128), nn.ReLU(), nn.Dropout(0.2), nn.LayerNorm(128))
        self.decoder = nn.Sequential(
            nn.Linear(128, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(),
            nn.Linear(32, CLASSES),
        )

    def forward(self, x):
        samples = x.shape[0]
        x = x.transpose(1, 2).reshape(samples * TIMES, BANDS)
        for linear, norm in self.encoder:
            x = torch.relu(norm(linear(x)))
        x = self.embed_norm(self.embed(self.in_norm(x)).view(samples, TIMES, -1)) + self.days
        keys = self.keys(x).view(samples, TIMES, self.heads, self.key)
        attention = torch.softmax((keys * self.query).sum(-1) / self.key**0.5, 1)
        seen = (x.view(samples, TIMES, self.heads, -1) * attention.unsqueeze(-1)).sum(1)
        return self.decoder(self.mlp(seen.flatten(1)))


def rate(work, samples, seconds):
    """Samples a second of CPU."""
    for _ in range(3):
        work()
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        work()
        done += samples
    return done / (time.process_time() - start)


def main(only=None):
    out = {"torch": torch.__version__}
    networks = {"tempcnn": TempCnn, "pixel": Pixel, "ltae": Ltae}
    if only:
        networks = {only: networks[only]}
    for name, network in networks.items():
        net = network().eval()
        rates = {}
        for batch in (64, 128, 256, 512, 1024, 2048):
            x = torch.randn(batch, BANDS, TIMES)
            with torch.inference_mode():
                rates[batch] = rate(lambda: net(x), batch, SECONDS)
        best = max(rates, key=rates.get)
        out[name] = {"inference": rates[best], "batch": best}
    for name, network in networks.items() if not only else ():
        for batch in (64, 256):
            net = network().train()
            optimiser = torch.optim.AdamW(net.parameters(), fused=True)
            loss = nn.CrossEntropyLoss(label_smoothing=0.05)
            x, y = torch.randn(batch, BANDS, TIMES), torch.randint(0, CLASSES, (batch,))

            def step():
                optimiser.zero_grad()
                loss(net(x), y).backward()
                optimiser.step()

            out[name][f"training_{batch}"] = rate(step, batch, 2 * SECONDS)
    print(json.dumps(out))


main(*sys.argv[1:])
