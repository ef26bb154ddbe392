"""Validates a cloud optimized GeoTIFF with GDAL's own script."""

import sys

from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate

warnings, errors, _ = validate(sys.argv[1], full_check=True)
assert not errors, errors
print("valid", warnings)
