"""Opens a class map in QGIS, which takes in the style beside it, and prints what its legend shows."""

import sys

from qgis.core import QgsApplication, QgsPalettedRasterRenderer, QgsRasterLayer

app = QgsApplication([], False)
app.initQgis()
layer = QgsRasterLayer(sys.argv[1], "map")
assert layer.isValid(), layer.error().summary()
renderer = layer.renderer()
assert isinstance(renderer, QgsPalettedRasterRenderer), type(renderer)
assert layer.dataProvider().sourceNoDataValue(1) == 255
print("; ".join(f"{int(c.value)} {c.label} {c.color.name()}" for c in renderer.classes()))
del layer
app.exitQgis()
