"""Reads a table of samples with pyarrow and compares it with the mosaics it was taken from.

    samples.py TABLE MOSAICS_AS_JSON

MOSAICS_AS_JSON holds for each site a list of dates of bands of rows of values, as the test wrote them.
"""

import json
import struct
import sys

import pyarrow.parquet as pq

file = pq.ParquetFile(sys.argv[1])
mosaics = json.load(open(sys.argv[2]))
meta = {key.decode(): value.decode() for key, value in file.schema_arrow.metadata.items()}
own, geo = json.loads(meta["ritmo"]), json.loads(meta["geo"])
assert geo["version"] == "1.1.0" and geo["columns"][geo["primary_column"]]["encoding"] == "WKB"
assert {file.metadata.row_group(0).column(i).compression for i in range(file.metadata.num_columns)} == {"ZSTD"}

table = file.read().to_pydict()
left, bottom, right, top = geo["columns"]["geometry"]["bbox"]
compared = 0
for i in range(file.metadata.num_rows):
    order, kind, lon, lat = struct.unpack("<BIdd", table["geometry"][i])
    assert (order, kind, lon, lat) == (1, 1, table["longitude"][i], table["latitude"][i])
    assert left <= lon <= right and bottom <= lat <= top
    for date in range(len(own["dates"])):
        for band, name in enumerate(own["bands"]):
            values = mosaics[table["site"][i]][date][band]
            assert table[f"{name}_{date}"][i] == values[table["row"][i]][table["col"][i]]
            compared += 1
print(f"{file.metadata.num_rows} samples, {compared} values compared, {sorted(set(table['class']))}")
