"""A Python client that is generated from the OpenAPI document calls the service."""

from __future__ import annotations

import importlib
import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from tests.server import ROOT, running_server

PATCH = encode(plain_image(200, 120, 190))


@pytest.fixture
def generated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name of a package that was generated from the document."""
    options = tmp_path / "options.yml"
    # Formatting it would need a linter on the path.
    options.write_text("post_hooks: []\n")
    package = tmp_path / "generated_client"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    document = ROOT / "frontend" / "openapi.json"
    places = ["--path", f"{document}", "--output-path", f"{package}", "--config", f"{options}"]
    done = subprocess.run(  # noqa: S603 -- our own interpreter
        [*command, *places], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Its template forgets an import where a body may have several types; see
    # https://github.com/openapi-generators/openapi-python-client, endpoint_macros.py.jinja.
    predict = package / "api" / "predict" / "predict.py"
    text = predict.read_text("utf-8").replace("Response, UNSET", "Response, UNSET, Unset")
    predict.write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return package.name


def test_a_generated_client_predicts_and_reads_its_history(generated: str, tmp_path: Path) -> None:
    def part(name: str) -> Any:
        return importlib.import_module(f"{generated}.{name}")

    models, files = part("models"), part("types")
    with (
        running_server(BIOPSIA_MODEL_DIR=str(write_bundle(tmp_path / "model"))) as server,
        part("client").Client(base_url=server.url) as client,
    ):
        assert part("api.service.health").sync(client=client).status == "ok"
        image = files.File(payload=io.BytesIO(PATCH), file_name="patch.png")
        form = models.PredictFilesPredictForm(file=image, microns_per_pixel=4.0, save=True)
        response = part("api.predict.predict").sync_detailed(client=client, body=form)
        token = {"X-Biopsia-Visitor": response.headers["X-Biopsia-Visitor"]}
        assert response.parsed.probability == pytest.approx(
            expected_probability(200, 120, 190), abs=1e-4
        )
        with part("client").Client(base_url=server.url, headers=token) as known:
            page = part("api.history.list_history").sync(client=known)
        assert [item.id for item in page.items] == [response.parsed.id]
        wrong = models.PredictFilesPredictForm(file=image, threshold=2.0)
        refused = part("api.predict.predict").sync(client=client, body=wrong)
    assert refused.error.code == "invalid_options"
