"""Accuracy and area from stratified samples by a survey package, for src/assess/estimate/tests.rs and compare/tests.rs.

    python3 -m venv V && V/bin/pip install samplics==0.6.1 statsmodels && V/bin/python tests/references/estimators.py > tests/references/estimators.json

samplics knows nothing of maps: shares are means and accuracies are ratios, with variances by Taylor linearisation over the
strata, with the finite population correction. `sample` is 300 units of 5 strata that cut across the classes of two maps.
"""

import json
import random
import warnings

import numpy as np

warnings.simplefilter("ignore")
from samplics.estimation import TaylorEstimator
from samplics.utils.types import PopParam
from statsmodels.stats.contingency_tables import mcnemar

# The units of Stehman 2014, table 2: stratum, map class, reference class; and the pixels of its strata.
STEHMAN = list(
    zip(
        "A" * 10 + "B" * 10 + "C" * 10 + "D" * 10,
        "AAAAAAABBB" + "ABBBBBBBBB" + "BBCCCCCCBB" + "DDDDDDDDDD",
        "AAAAACBABC" + "ABBBBBAABB" + "CCCCCDDBBA" + "DDDDDDDCCB",
    )
)
SIZES = {"A": 40000, "B": 30000, "C": 20000, "D": 10000}


def estimated(units, sizes, y, x=None):
    stratum = np.array([u[0] for u in units])
    n = {h: int((stratum == h).sum()) for h in sizes}
    weight = np.array([sizes[h] / n[h] for h in stratum])
    fpc = {h: 1 - n[h] / sizes[h] for h in sizes}
    estimator = TaylorEstimator(PopParam.mean if x is None else PopParam.ratio)
    # Each unit is its own primary sampling unit.
    more = {} if x is None else {"x": np.array(x, float)}
    estimator.estimate(
        y=np.array(y, float), samp_weight=weight, stratum=stratum, psu=np.arange(len(units)), fpc=fpc, **more
    )
    return [float(estimator.point_est), float(estimator.stderror)]


def figures(units, sizes, classes, which=1):
    m, r = [u[which] for u in units], [u[-1] for u in units]
    result = {"overall": estimated(units, sizes, [a == b for a, b in zip(m, r)]), "classes": []}
    for c in classes:
        mapped, is_, both = ([f(a, b) for a, b in zip(m, r)] for f in (
            lambda a, b: a == c, lambda a, b: b == c, lambda a, b: a == b == c))
        result["classes"].append({
            "class": c,
            "share": estimated(units, sizes, is_),
            "users": estimated(units, sizes, both, mapped),
            "producers": estimated(units, sizes, both, is_),
            "f1": estimated(units, sizes, [2 * b for b in both], [int(a) + int(b) for a, b in zip(mapped, is_)]),
        })
    return result


random.seed(8)
sizes = {1: 900, 2: 40000, 3: 12000, 4: 250000, 5: 7000}
sample = []
for h, n in zip(sizes, (20, 60, 50, 120, 50)):
    for _ in range(n):
        r = random.choices([1, 2, 3], [[6, 2, 1], [1, 6, 2], [1, 1, 5], [2, 3, 4], [4, 4, 1]][h - 1])[0]
        a, b = (r if random.random() < p else random.choice([1, 2, 3]) for p in (0.8, 0.6))
        sample.append((h, a, b, r))
right = [[u[w] == u[3] for u in sample] for w in (1, 2)]
only = [sum(p and not q for p, q in zip(*o)) for o in (right, right[::-1])]
print(json.dumps({
    "stehman": {"units": STEHMAN, "sizes": SIZES, "figures": figures(STEHMAN, SIZES, "ABCD")},
    "random": {
        "units": sample,
        "sizes": sizes,
        "a": figures(sample, sizes, [1, 2, 3], 1),
        "b": figures(sample, sizes, [1, 2, 3], 2),
        "difference": estimated(sample, sizes, [int(p) - int(q) for p, q in zip(*right)]),
        "only_one_right": only,
    },
    "mcnemar": [
        {"b": b, "c": c, "exact": float(mcnemar([[0, b], [c, 0]], exact=True).pvalue),
         "statistic": float(mcnemar([[0, b], [c, 0]], exact=False).statistic),
         "corrected": float(mcnemar([[0, b], [c, 0]], exact=False).pvalue)}
        for b, c in [(1, 0), (3, 9), (12, 12), (86, 150), (30, 5), only]
    ],
}))
