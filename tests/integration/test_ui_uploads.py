"""The folder of uploads, and their deletion."""

from __future__ import annotations

from pathlib import Path

import pytest
from gradio_client import Client, handle_file

from tests.bundle_factory import encode, plain_image, write_bundle
from tests.server import running_server


@pytest.mark.parametrize("name", ["GRADIO_TEMP_DIR", "TMPDIR"])
def test_uploads_behind_a_link_are_deleted_and_examples_stay(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As on macOS, where the temporary folder is one.
    real, link = tmp_path / "real", tmp_path / "link"
    real.mkdir()
    link.symlink_to(real, target_is_directory=True)
    image = tmp_path / "once.png"
    image.write_bytes(encode(plain_image(200, 120, 190)))
    example = Path(__file__).parents[2] / "hf_space/examples/drawn_loose.png"
    bundle = write_bundle(tmp_path / "model")
    # The tests' own choice would count before `TMPDIR`.
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    with running_server(BIOPSIA_MODEL_DIR=str(bundle), **{name: str(link)}) as server:
        client = Client(server.url, verbose=False, download_files=str(tmp_path / "down"))
        for file in (image, example):
            answer = client.predict(handle_file(file), api_name="/predict")
            assert answer["kind"] == "patch"
        client.close()
        left = {path.name for path in real.rglob("*.png")}
    assert image.name not in left
    assert example.name in left
