"""Monthly medians of the acquisitions of a folder, by NumPy: what src/cube/tests/acquisitions.rs holds Ritmo to.

    python3 -m venv V && V/bin/pip install numpy rasterio
    V/bin/python tests/references/monthly_medians.py DATA/flanders_s2_a_2018 DATA/flanders_s2_a_2018_monthly

The rule: of each pixel and band the median of the acquisitions of a month whose scene class (the last band) is 4, 5, 6 or 7;
between two in the middle their mean, halves to the even number; -9999 where there is none. Prints for each month how many
values differ from the mosaics in the second folder: all 0.
"""

import collections
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio

NODATA, CLEAR = -9999, [4, 5, 6, 7]

acquisitions, mosaics = (Path(argument) for argument in sys.argv[1:3])
warnings.simplefilter("ignore", RuntimeWarning)
months = collections.defaultdict(list)
for path in sorted(acquisitions.glob("*_????-??-??.tif")):
    months[path.stem[-10:-3]].append(path)
for month, paths in sorted(months.items()):
    read = np.stack([rasterio.open(path).read() for path in paths]).astype(float)
    values = np.where(read[:, :-1] == NODATA, np.nan, read[:, :-1])
    values = np.where(np.isin(read[:, -1], CLEAR)[:, None], values, np.nan)
    median = np.rint(np.nanmedian(values, axis=0))
    median = np.where(np.isnan(median), NODATA, median).astype(np.int16)
    (mosaic,) = mosaics.glob(f"*_{month}-15.tif")
    differ = int((median != rasterio.open(mosaic).read()).sum())
    print(f"{month}: {len(paths)} acquisitions, {differ} of {median.size} values differ")
