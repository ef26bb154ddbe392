"""Checks FOLDER/model.onnx with ONNX's own checker and runs it in ONNX Runtime: FOLDER/series.f32 in, and out what Ritmo
says, logits.f32 and probabilities.f32, to 1e-4; for the whole batch and for one series alone."""

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
assert len(about["bands"].split(",")) == entry.shape[1] and len(about["dates"].split(",")) == entry.shape[2], about
for name in ["logits", "probabilities"]:
    expected = np.fromfile(folder / f"{name}.f32", "<f4").reshape(len(series), -1)
    assert np.isfinite(expected).all() and expected.std() > 0
    for part in [slice(None), slice(2, 3)]:
        (got,) = session.run([name], {"series": series[part]})
        assert got.shape == expected[part].shape, (name, got.shape)
        worst = np.abs(got - expected[part]).max()
        assert worst < 1e-4, f"{name} differ by {worst}"
