"""Validates a STAC item against the schema of the Machine Learning Model extension; fails with what does not fit.

The schema is that of github.com/stac-extensions/mlm (json-schema/schema.json, version 1.5.2, Apache-2.0), kept beside the
other references. What it takes from three other extensions is said here, as their specifications have it.
"""

import json
import sys
from pathlib import Path

import jsonschema
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT7

BASE = "https://stac-extensions.github.io/"
OTHERS = {
    "classification/v1.1.0": {"definitions": {"fields": {"properties": {"classification:classes": {
        "type": "array", "minItems": 1, "uniqueItems": True, "items": {
            "type": "object", "required": ["value"], "properties": {
                "value": {"type": "integer"},
                "name": {"type": "string", "pattern": "^[0-9A-Za-z-_]+$"},
                "description": {"type": "string", "minLength": 1},
                "color_hint": {"type": "string", "pattern": "^([0-9A-F]{6})$"},
                "nodata": {"type": "boolean"}}}}}}}},
    "processing/v1.1.0": {"definitions": {"fields": {"properties": {"processing:expression": {
        "type": "object", "required": ["format", "expression"], "properties": {"format": {"type": "string"}}}}}}},
    "raster/v1.1.0": {"definitions": {"bands": {"items": {"properties": {"data_type": {
        "type": "string", "enum": [
            "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
            "cint16", "cint32", "cfloat32", "cfloat64", "other"]}}}}}},
}

schema = json.loads((Path(__file__).parent.parent / "references" / "mlm-1.5.2.json").read_text())
registry = Registry().with_resources(
    (f"{BASE}{name}/schema.json", Resource.from_contents(other, default_specification=DRAFT7))
    for name, other in OTHERS.items()
)
item = json.loads(Path(sys.argv[1]).read_text())
errors = list(jsonschema.Draft7Validator(schema, registry=registry).iter_errors(item))
# What every item has (STAC 1.1.0, item-spec).
for key in ("type", "stac_version", "id", "geometry", "properties", "links", "assets"):
    if key not in item:
        errors.append(f"the item has no {key}")
for error in errors:
    print(error, file=sys.stderr)
sys.exit(1 if errors else 0)
