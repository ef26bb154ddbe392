"""Writes bayes_smooth.json: probabilities smoothed as sits does it (src/smooth_bayes.cpp and R/api_smooth.R of
https://github.com/e-sensing/sits), in numpy, one pixel at a time.

Two things are added: probabilities are made to sum to 1 afterwards, and pixels without data (255) stay without.

    python3 bayes_smooth.py
"""

import json
import math

import numpy as np

FULL, NODATA = 250, 255


def locus_neigh(size, leg):
    out = []
    for i in range(size + 2 * leg):
        if i < leg:
            out.append(leg - i - 1)
        elif i < size + leg:
            out.append(i - leg)
        else:
            out.append(2 * size + leg - i - 1)
    return out


def smooth(planes, window, smoothness, fraction):
    classes, height, width = planes.shape
    gap = planes[0] == NODATA
    values = planes.astype(float) / FULL
    values[values == 1.0] = 0.999999
    values[values == 0.0] = 0.000001
    logits = np.log(values / (values.sum(axis=0) - values))
    logits[:, gap] = np.nan
    out = np.full(planes.shape, np.nan)
    for k in range(classes):
        leg = window[k] // 2
        rows, cols = locus_neigh(height, leg), locus_neigh(width, leg)
        for i in range(height):
            for j in range(width):
                neigh = [logits[k, rows[wi + i], cols[wj + j]]
                         for wi in range(window[k]) for wj in range(window[k])]
                neigh = sorted((v for v in neigh if not math.isnan(v)), reverse=True)
                high = neigh[: math.ceil(fraction * len(neigh))]
                x0 = logits[k, i, j]
                if math.isnan(x0):
                    continue
                if len(high) < 2:
                    out[k, i, j] = x0
                    continue
                s0, m0 = np.var(high, ddof=1), np.mean(high)
                if s0 < 1e-4:
                    out[k, i, j] = m0
                else:
                    w = s0 / (s0 + smoothness[k])
                    out[k, i, j] = w * x0 + (1 - w) * m0
    out = np.exp(out) / (np.exp(out) + 1.0)
    out = out / out.sum(axis=0)
    result = np.full(planes.shape, NODATA, dtype=np.uint8)
    result[:, ~gap] = np.floor(out[:, ~gap] * FULL + 0.5).astype(np.uint8)
    return result


def probabilities(rng, classes, height, width, gaps):
    seeds = np.kron(rng.normal(0, 2, (classes, height // 4 + 1, width // 4 + 1)), np.ones((1, 4, 4)))
    scores = seeds[:, :height, :width] + rng.normal(0, 1.5, (classes, height, width))
    p = np.exp(scores) / np.exp(scores).sum(axis=0)
    planes = np.round(p * FULL).astype(np.uint8)
    planes[:, 0, 0] = 0
    planes[0, 0, 0] = FULL
    planes[:, rng.random((height, width)) < gaps] = NODATA
    return planes


rng = np.random.default_rng(7)
cases = []
for name, classes, height, width, window, smoothness, fraction, gaps in [
    ("as sits has it", 3, 17, 14, [9] * 3, [20.0] * 3, 0.5, 0.0),
    ("all neighbours", 4, 12, 11, [5] * 4, [3.0] * 4, 1.0, 0.1),
    ("windows and smoothness a class", 3, 13, 16, [3, 5, 7], [1.0, 10.0, 60.0], 0.3, 0.05),
    ("mostly gaps", 2, 9, 9, [3] * 2, [20.0] * 2, 0.5, 0.8),
]:
    planes = probabilities(rng, classes, height, width, gaps)
    smoothed = smooth(planes, window, smoothness, fraction)
    cases.append({"name": name, "width": width, "height": height, "window": window,
                  "smoothness": smoothness, "neigh_fraction": fraction,
                  "planes": planes.ravel().tolist(), "smoothed": smoothed.ravel().tolist()})
with open("bayes_smooth.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
