"""Areas of inward buffers by GEOS, for src/labels/core/tests.rs.

    python3 -m venv V && V/bin/pip install shapely && V/bin/python tests/references/core_areas.py DATA > tests/references/core_areas.json

DATA is the folder of real data. Self-crossing rings are repaired by the even-odd rule (make_valid), then buffered with
round joins of 32 corners to a half circle, in the metres of EPSG:32638 that the file is in.
"""

import json
import sys

import shapely

path = f"{sys.argv[1]}/polygons/azerbaijan_lulc_1704_epsg32638_original.geojson"
with open(path, encoding="utf-8") as file:
    geometries = [shapely.geometry.shape(f["geometry"]) for f in json.load(file)["features"]]
whole = [shapely.make_valid(g) for g in geometries]
result = {
    "shapely": shapely.__version__,
    "geos": shapely.geos_version_string,
    "polygons": len(geometries),
    "self_crossing": [i + 1 for i, g in enumerate(geometries) if not g.is_valid],
    "buffers": [],
}
for buffer_m in (0, 10, 20):
    cores = [shapely.buffer(g, -buffer_m, quad_segs=16) for g in whole]
    result["buffers"].append(
        {
            "buffer_m": buffer_m,
            "area_m2": round(sum(c.area for c in cores), 1),
            "emptied": sum(c.is_empty or c.area == 0 for c in cores),
            "in_several_parts": sum(c.geom_type == "MultiPolygon" for c in cores),
            "of_self_crossing_m2": [round(c.area, 1) for c, g in zip(cores, geometries) if not g.is_valid],
        }
    )
print(json.dumps(result, indent=1))
