"""Reads scenes with pystac and odc-stac and holds what comes out against a cube, digital number by digital number.

odc_reference.py FOLDER_OF_SCENES CUBE

The same rules: baseline 04.00 and later less 1000, scene classes 0, 1, 3, 8, 9, 10 and 11 masked, the median of the clear
observations of a month, halves to the even number.
"""

import pathlib
import sys

import numpy as np
import odc.stac
import pystac
import xarray as xr
from affine import Affine
from odc.geo.geobox import GeoBox

MASKED = [0, 1, 3, 8, 9, 10, 11]

folder, cube = map(pathlib.Path, sys.argv[1:])
store = xr.open_zarr(cube, consolidated=False, decode_coords="all", mask_and_scale=False)
name = next(name for name, var in store.data_vars.items() if var.dims == ("time", "band", "y", "x"))
ours = store[name]
bands = [str(band) for band in store["band"].values]
x, y = store["x"].values, store["y"].values
side = float(x[1] - x[0])
left, top = float(x[0]) - side / 2, float(y[0]) + side / 2

box = GeoBox((len(y), len(x)), Affine(side, 0, left, 0, -side, top), "EPSG:32615")
items = [pystac.Item.from_file(str(path)) for path in sorted(folder.glob("*/*.json"))]
fill = int(ours.attrs.get("_FillValue", ours.encoding.get("_FillValue", 0)))


def load(item, band, resampling):
    data = odc.stac.load([item], bands=[band], geobox=box, resampling=resampling, nodata=0)
    return data[band].isel(time=0).values.astype("float64")


months = {}
for item in items:
    baseline = item.properties["s2:processing_baseline"]
    classes = load(item, "SCL", "nearest")
    clear = ~np.isin(classes, MASKED)
    layers = []
    for band in bands:
        values = load(item, band, "bilinear" if band == "B11" else "nearest")
        shifted = values - (1000 if baseline >= "04.00" else 0)
        layers.append(np.where(clear & (values != 0), shifted, np.nan))
    months.setdefault(item.datetime.month, []).append(np.stack(layers))

different, compared, worst = {band: 0 for band in bands}, 0, {band: 0.0 for band in bands}
for step, month in enumerate(sorted(months)):
    with np.errstate(all="ignore"):
        reference = np.nanmedian(np.stack(months[month]), axis=0)
    mine = ours.isel(time=step).values.astype("float64")
    mine[mine == fill] = np.nan
    for at, band in enumerate(bands):
        both = np.isfinite(reference[at]) & np.isfinite(mine[at])
        off = np.abs(np.rint(reference[at][both]) - mine[at][both])
        different[band] += int((off > 0).sum()) + int((np.isfinite(reference[at]) != np.isfinite(mine[at])).sum())
        worst[band] = max(worst[band], float(off.max(initial=0)))
        compared += int(both.sum())
print(f"{compared} values compared; different {different}; by at most {worst}")
# Bands on pixels of 10 m are the same to the digital number.
assert compared > 10000
assert different["B04"] == 0 and different["B08"] == 0, "10 m bands differ"
