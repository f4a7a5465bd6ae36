"""The published repository on Inference Endpoints, as the inference toolkit runs it."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import ExifTags, Image

from hf_space.bundle.load import load_bundle
from hf_space.imaging.preprocess import pad_to_patch
from hf_space.imaging.readers import decode_image
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from tests.bundle_factory import encode, expected_probability, plain_image
from tests.hub.server import Hub
from tests.keras_bundle import write_keras_bundle
from tests.synthetic import draw_patch
from training.release.handler import EndpointHandler
from training.release.publish_model import publish_model

REPO = "owner/biopsia-idc"
# What huggingface-inference-toolkit does with a repository and its requests: the folder is put on
# the path, handler.py becomes a module, and a body is decoded by its content type.
_TOOLKIT = """
import importlib.util, io, json, sys
from pathlib import Path
from PIL import Image

model_dir, requests = sys.argv[1:]
spec = importlib.util.spec_from_file_location("handler.EndpointHandler", f"{model_dir}/handler.py")
sys.path.insert(0, model_dir)
module = importlib.util.module_from_spec(spec)
sys.modules["handler.EndpointHandler"] = module
spec.loader.exec_module(module)
handler = module.EndpointHandler(model_dir)
for path in sorted(Path(requests).iterdir()):
    content = path.read_bytes()
    try:
        if path.suffix == ".json":
            body = json.loads(content)
        else:
            body = {"inputs": Image.open(io.BytesIO(content)).convert("RGB")}
        if "inputs" not in body:
            raise ValueError("Body needs to provide a inputs key")
        print(json.dumps(handler(body)))
    except Exception as error:
        print(json.dumps({"error": str(error)}))
own = {name.partition(".")[0] for name in sys.modules} & {"hf_space", "training", "keras"}
assert not own, own
"""


def answers(folder: Path, requests: dict[str, bytes]) -> list[Any]:
    """Run the toolkit away from the project, and return what it answers to each request."""
    bodies = folder.parent / "requests"
    bodies.mkdir()
    for number, (kind, content) in enumerate(requests.items()):
        (bodies / f"{number:02}-{kind}").write_bytes(content)
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "-I", "-c", _TOOLKIT, str(folder), str(bodies)],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_repository_answers_as_the_service_does(hub: Hub, tmp_path: Path) -> None:
    bundle = load_bundle(write_keras_bundle(tmp_path / "bundle"))
    publish_model(hub.api(), bundle.path, REPO)
    folder = Path(hub.api().snapshot_download(REPO, local_dir=tmp_path / "repository"))
    drawn = draw_patch(np.random.default_rng(0), label=1)
    red, edge = plain_image(200, 100, 100), drawn[:31, :17]
    large = drawn.repeat(2, axis=0).repeat(2, axis=1)
    text = base64.b64encode(encode(drawn)).decode()
    found = answers(
        folder,
        {
            "red.png": encode(red),
            "drawn.tiff": encode(drawn, "TIFF"),
            "edge.png": encode(edge),
            "large.png": encode(large),
            "one.json": json.dumps({"inputs": text}).encode(),
            "both.json": json.dumps(
                {
                    "inputs": [
                        f"data:image/png;base64,{text}",
                        base64.b64encode(encode(red)).decode(),
                    ]
                }
            ).encode(),
            "wrong.json": b'{"inputs": "no picture"}',
        },
    )
    padded = np.stack([drawn, pad_to_patch(edge, 50)])
    logits = predict_patches(OpenVinoEngine(bundle), bundle.config, padded).logits
    drawn_p, edge_p = bundle.config.calibration.probability(logits)
    red_p = expected_probability(200, 100, 100)
    for answer, expected in zip(found[:5], (red_p, drawn_p, edge_p, drawn_p, drawn_p), strict=True):
        assert {each["label"]: each["score"] for each in answer} == pytest.approx(
            {"no_idc": 1 - expected, "idc": expected}, abs=1e-4
        )
        assert answer[0]["score"] >= answer[1]["score"]
    assert found[5] == [found[4], found[0]]
    assert found[6] == {"error": "inputs must be an image, its file in base64, or a list of them"}


def _files() -> dict[str, bytes]:
    """Return the same patch in ways that Pillow's plain conversion to RGB does not understand."""
    drawn = Image.fromarray(draw_patch(np.random.default_rng(1), label=1))
    found = {}
    see_through = drawn.copy()
    see_through.putalpha(Image.linear_gradient("L").resize(drawn.size))
    grey = np.asarray(drawn.convert("L"), np.uint16) * 257
    turned = Image.Exif()
    turned[ExifTags.Base.Orientation] = 6
    for name, image, options in (
        ("alpha", see_through, {}),
        ("grey", Image.fromarray(grey), {}),
        ("turned", drawn.crop((0, 0, 50, 30)), {"exif": turned}),
    ):
        file = io.BytesIO()
        image.save(file, "PNG", **options)
        found[name] = file.getvalue()
    return found


def test_transparent_grey_and_turned_files_are_read_as_the_service_reads_them(
    tmp_path: Path,
) -> None:
    bundle = load_bundle(write_keras_bundle(tmp_path / "bundle"))
    handler = EndpointHandler(bundle.path)
    for name, content in _files().items():
        patch = pad_to_patch(decode_image(content), 50)
        logits = predict_patches(OpenVinoEngine(bundle), bundle.config, patch[np.newaxis]).logits
        (expected,) = bundle.config.calibration.probability(logits)
        scores = {each["label"]: each["score"] for each in handler({"inputs": content})}
        assert scores["idc"] == pytest.approx(expected, abs=1e-4), name


def test_a_damaged_file_is_one_message(tmp_path: Path) -> None:
    handler = EndpointHandler(write_keras_bundle(tmp_path / "bundle"))
    content = encode(plain_image(200, 100, 100))
    for source in (content[:60], b"", None, {"image": "aGk="}, "data:image/png;base64,aGk"):
        with pytest.raises(ValueError, match="inputs must be an image"):
            handler({"inputs": source})


def test_the_endpoint_installs_what_the_handler_imports(hub: Hub, tmp_path: Path) -> None:
    publish_model(hub.api(), write_keras_bundle(tmp_path / "bundle"), REPO)
    needs = hub.repository(REPO).content("requirements.txt").decode()
    assert [line.partition("==")[0] for line in needs.splitlines()] == [
        "opencv-python-headless",
        "openvino",
    ]
