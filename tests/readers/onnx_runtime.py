"""Checks FOLDER/model.onnx with ONNX's own checker and runs it in ONNX Runtime: FOLDER/series.f32 in, and out what Ritmo
says, logits.f32 and probabilities.f32, to 1e-4; for the whole batch and for one series alone. Then filled.f32, whose gaps
missing.u8 tells where the network takes it: out comes of_gaps.f32, which Ritmo says of the series with the gaps in them."""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

folder = Path(sys.argv[1])
model = onnx.load(folder / "model.onnx")
onnx.checker.check_model(model, full_check=True)
assert model.opset_import[0].version >= 17
session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
entry = session.get_inputs()[0]
assert entry.name == "series" and isinstance(entry.shape[0], str), (entry.name, entry.shape)
series = np.fromfile(folder / "series.f32", "<f4").reshape(-1, *entry.shape[1:])
about = {p.key: p.value for p in model.metadata_props}
lists = {name: json.loads(about[name]) for name in ["bands", "dates", "class_names", "class_codes"]}
assert len(lists["bands"]) == entry.shape[1] and len(lists["dates"]) == entry.shape[2], about
assert lists["class_names"][2] == "class, the 3." and lists["class_codes"] == [1, 2, 3, 4, 5], about
assert [i.name for i in session.get_inputs()] == ["series"], "no other input is asked for"
masks = [i.name for i in session.get_overridable_initializers() if i.name == "missing"]
assert ("missing" in about["gaps"]) == bool(masks), about
for name in ["logits", "probabilities"]:
    expected = np.fromfile(folder / f"{name}.f32", "<f4").reshape(len(series), -1)
    assert np.isfinite(expected).all() and expected.std() > 0
    for part in [slice(None), slice(2, 3)]:
        (got,) = session.run([name], {"series": series[part]})
        assert got.shape == expected[part].shape, (name, got.shape)
        worst = np.abs(got - expected[part]).max()
        assert worst < 1e-4, f"{name} differ by {worst}"

filled = np.fromfile(folder / "filled.f32", "<f4").reshape(-1, *entry.shape[1:])
missing = np.fromfile(folder / "missing.u8", "u1").reshape(len(filled), -1).astype(bool)
expected = np.fromfile(folder / "of_gaps.f32", "<f4").reshape(len(filled), -1)
assert missing.any() and np.isfinite(filled).all(1).all(1).sum() >= 5
told = np.isfinite(expected).all(1)
assert told.sum() >= 5
feed = {"series": filled[told], **({"missing": missing[told]} if masks else {})}
(got,) = session.run(["logits"], feed)
worst = np.abs(got - expected[told]).max()
assert worst < 1e-4, f"logits of series with gaps differ by {worst}"
if masks:
    (got,) = session.run(["logits"], {"series": filled[told]})
    assert np.abs(got - expected[told]).max() > 1e-3, "the mask has an influence"
