"""Reads a cube as others do, by xarray and rasterio, and compares it with the files it was made of.

    python read.py STORE FOLDER            one file a date: each value is that of its file
    python read.py STORE FOLDER --masks    a cube with masks: they have the shape and the flags that CF asks for
    python read.py FOLDER NAME --map       a map: classes, probabilities, entropy and margin agree

Prints what it found; anything that differs is an error.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio
import xarray

store, folder, *flags = sys.argv[1:]
if "--map" in flags:
    parts = {end: rasterio.open(Path(store) / f"{folder}{end}.tif") for end in ["", ".probs", ".entropy", ".margin"]}
    classes = parts[""]
    assert classes.colormap(1) and classes.nodata == 255
    for end, part in parts.items():
        assert (part.crs, part.transform, part.shape) == (classes.crs, classes.transform, classes.shape)
        assert part.tags()["RITMO_RUN"] == classes.tags()["RITMO_RUN"]
        assert part.overviews(1), "it has overviews"
        assert end == "" or set(part.scales) == {1 / 250}, part.scales
    legend = [text.split(" ")[0] for text in classes.tags()["RITMO_LEGEND"].split("; ")]
    planes, codes = parts[".probs"].read(), classes.read(1)
    there = codes != 255
    assert there.any() and np.array_equal(there, (planes != 255).all(axis=0))
    assert np.array_equal(np.array(legend, np.uint8)[planes.argmax(axis=0)][there], codes[there])
    ordered = np.sort(planes, axis=0)
    assert np.array_equal((ordered[-1] - ordered[-2])[there], parts[".margin"].read(1)[there])
    assert (parts[".entropy"].read(1)[there] <= 250).all()
    print(f"{codes.size} pixels, {len(planes)} classes")
    sys.exit()
with warnings.catch_warnings():
    # A store that a reader has to be lenient with is none that others can open.
    warnings.simplefilter("error")
    # Text is not yet in the specification of Zarr v3, and zarr-python says so of every store that has it.
    warnings.filterwarnings("ignore", message=".*string.*")
    warnings.filterwarnings("ignore", message=".*Consolidated metadata.*")
    cube = xarray.open_zarr(store, consolidated=False, decode_coords="all")
assert cube["data"].dims == ("time", "band", "y", "x"), cube["data"].dims
assert np.issubdtype(cube["time"].dtype, np.datetime64), cube["time"].dtype
crs = rasterio.crs.CRS.from_wkt(cube["spatial_ref"].attrs["crs_wkt"])
assert cube["data"].encoding.get("grid_mapping") == "spatial_ref", cube["data"].encoding
assert bool((cube["time_start"] <= cube["time"]).all()) and bool((cube["time"] <= cube["time_end"]).all())

compared = 0
if "--masks" not in flags:
    bands = [str(band) for band in cube["band"].values]
    for time in cube["time"].values:
        (path,) = Path(folder).glob(f"*{str(time)[:10]}.tif")
        with rasterio.open(path) as file:
            assert file.crs == crs, (file.crs, crs)
            left = file.transform.c + file.transform.a / 2
            top = file.transform.f + file.transform.e / 2
            assert abs(float(cube["x"][0]) - left) < 1e-6 and abs(float(cube["y"][0]) - top) < 1e-6
            for place, name in enumerate(file.descriptions):
                if name not in bands:
                    continue
                values = cube["data"].sel(time=time, band=name).values
                expected = file.read(place + 1).astype(float)
                expected[expected == file.nodata] = np.nan
                assert np.array_equal(values, expected, equal_nan=True), (time, name)
                compared += values.size
else:
    mask, counts = cube["mask"], cube["clear_count"]
    assert mask.dims == counts.dims == ("time", "y", "x") and mask.dtype == np.uint8
    assert len(mask.attrs["flag_values"]) == len(mask.attrs["flag_meanings"].split())
    gaps = np.isnan(cube["data"]).all("band")
    assert bool((gaps == (counts == 0)).all()), "a gap is where nothing was clear"
    assert bool(((mask == 0) == (counts > 0)).all()), "the mask says why, and only there"
    compared = mask.size
for time in cube["time"].values:
    with rasterio.open(Path(store) / "mosaics" / f"{str(time)[:10]}.tif") as file:
        assert file.crs == crs and [d for d in file.descriptions] == [str(b) for b in cube["band"].values]
        values = file.read(masked=True).astype(float).filled(np.nan)
        assert np.array_equal(values, cube["data"].sel(time=time).values, equal_nan=True), time
print(f"{len(cube['time'])} dates, {len(cube['band'])} bands, {compared} values compared, {crs.to_string()[:20]}")
