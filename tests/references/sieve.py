"""Writes sieve.json: class codes sieved by GDAL (GDALSieveFilter), with pixels of 255 masked.

    python3 sieve.py        # needs GDAL's Python bindings and numpy
"""

import json

import numpy as np
from osgeo import gdal

gdal.UseExceptions()
rng = np.random.default_rng(11)
cases = []
for width, height, classes, blob, gaps in [(12, 9, 2, 1, 0.0), (17, 14, 4, 1, 0.1), (24, 20, 3, 3, 0.05)]:
    seeds = np.kron(rng.integers(1, classes + 1, (height // blob + 1, width // blob + 1)), np.ones((blob, blob)))
    codes = seeds[:height, :width].astype(np.uint8)
    noise = rng.random((height, width)) < 0.15
    codes[noise] = rng.integers(1, classes + 1, noise.sum())
    codes[rng.random((height, width)) < gaps] = 255
    for threshold in (2, 5, 12):
        for connectedness in (4, 8):
            source = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Byte)
            source.GetRasterBand(1).WriteArray(codes)
            mask = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Byte)
            mask.GetRasterBand(1).WriteArray((codes != 255).astype(np.uint8))
            target = gdal.GetDriverByName("MEM").Create("", width, height, 1, gdal.GDT_Byte)
            gdal.SieveFilter(source.GetRasterBand(1), mask.GetRasterBand(1), target.GetRasterBand(1),
                             threshold, connectedness)
            sieved = target.GetRasterBand(1).ReadAsArray()
            cases.append({"width": width, "threshold": threshold, "connectedness": connectedness,
                          "codes": codes.ravel().tolist(), "sieved": sieved.ravel().tolist()})
with open("sieve.json", "w") as f:
    json.dump(cases, f, separators=(",", ":"))
    f.write("\n")
