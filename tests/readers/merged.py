"""Reads a merged map with rasterio: its system, nodata, palette, overviews, and that only classes and nodata are in it."""

import sys

import numpy as np
import rasterio

with rasterio.open(sys.argv[1]) as file:
    codes = file.read(1)
    assert file.nodata == 255 and file.count == 1 and file.dtypes == ("uint8",)
    assert set(np.unique(codes)) <= {1, 2, 255}, np.unique(codes)
    palette = file.colormap(1)
    assert palette[1] == (38, 140, 60, 255) and palette[2] == (60, 130, 220, 255), palette
    assert file.tags()["RITMO_SITES"] == "west, east", file.tags()
    assert file.profile["tiled"], file.profile
    print(file.crs.to_string(), codes.shape, file.overviews(1))
