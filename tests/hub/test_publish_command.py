"""`python -m training publish`, and what Keras and `datasets` load by the repository's name."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_space.bundle.load import load_bundle
from hf_space.imaging.preprocess import preprocess
from hf_space.inference.engine import predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from hf_space.inference.probe import probe_patches
from tests.hub.server import Hub, running_hub
from tests.server import ROOT
from tests.synthetic import write_kaggle_tree
from training.data.arrays import load_patches
from training.data.prepare import prepare
from training.data.splits import PUBLISHED

MODEL = ROOT / "hf_space" / "model"
REPO, DATASET_REPO = "owner/biopsia-idc", "owner/patches"
# Held-out cases, more than are shown; and one case of each other split.
TEST_CASES = PUBLISHED["test"][:8]
CASES = (*TEST_CASES, PUBLISHED["train"][0], PUBLISHED["val"][0])
_LOAD_MODEL = """
import keras, numpy, sys
model = keras.saving.load_model("hf://owner/biopsia-idc")
outputs = model(numpy.load(sys.argv[1]))
print(numpy.asarray(outputs["logit"]).ravel().tolist())
"""
_LOAD_DATASET = """
from datasets import load_dataset
parts = load_dataset("owner/patches")
row = parts["test"][0]
print({name: len(part) for name, part in parts.items()}, row["image"].size, row["label"])
print(parts["test"].features["label"].names)
"""


def run(hub: Hub, home: Path, *arguments: str | Path, **environment: str) -> tuple[int, str, str]:
    """Run Python with a local Hub; return the exit code and both outputs."""
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | hub.environment(home) | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    return done.returncode, done.stdout, done.stderr


def publish(hub: Hub, home: Path, *options: str | Path, **environment: str) -> tuple[int, str, str]:
    """Run the command on the shipped model."""
    command = ("-m", "training", "publish", MODEL, "--repo", REPO)
    return run(hub, home, *command, *options, **environment)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A prepared data set of drawn patches."""
    folder = tmp_path_factory.mktemp("data")
    write_kaggle_tree(folder / "tree", CASES, 2)
    prepare(folder / "tree", folder / "prepared", workers=1)
    return folder / "prepared"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The client's home."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def published(prepared: Path, home: Path) -> Iterator[Hub]:
    """A Hub to which the shipped model and the data set were published."""
    with running_hub() as hub:
        data = ("--data", prepared, "--data-licence", "cc0-1.0", "--dataset-repo", DATASET_REPO)
        code, output, errors = publish(hub, home, "--tag", "v1.0.0", *data)
        assert code == 0, errors
        commit = hub.repository(REPO).head.oid
        tags = r"tagged v1\.0\.0, tagged revision-[0-9a-f]{12}"
        assert re.search(
            rf"{REPO} is published, at commit {commit}, {tags}: {hub.endpoint}", output
        )
        yield hub


def test_keras_loads_it_by_the_repositorys_name(published: Hub, home: Path, tmp_path: Path) -> None:
    bundle = load_bundle(MODEL)
    engine = OpenVinoEngine(bundle)
    patches = probe_patches(50)[:2]
    expected = predict_patches(engine, bundle.config, patches).logits
    images = preprocess(patches, input_size=bundle.config.input_size)
    np.save(tmp_path / "images.npy", images)
    code, output, errors = run(published, home, "-c", _LOAD_MODEL, tmp_path / "images.npy")
    assert code == 0, errors
    assert json.loads(output) == pytest.approx(expected, abs=1e-4)


def test_up_to_twelve_patches_of_held_out_cases_are_shown(published: Hub, prepared: Path) -> None:
    repository = published.repository(REPO)
    names = [name for name in repository.head.files if name.startswith("samples/")]
    patches = load_patches(prepared)
    found = [re.match(r"samples/(no_idc|idc)_(\d+)_x(\d+)_y(\d+)\.png", name) for name in names]
    places = {match.groups() for match in found if match}
    assert len(places) == len(names) == 12
    assert {case for _, case, _, _ in places} <= set(TEST_CASES)
    assert len({(label, case) for label, case, _, _ in places}) == 12
    for label, case, x, y in places:
        index = np.flatnonzero(
            (patches.case_ids == case) & (patches.x == int(x)) & (patches.y == int(y))
        )[0]
        content = repository.content(f"samples/{label}_{case}_x{x}_y{y}.png")
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(content))), patches.images[index])
    card = repository.content("README.md").decode()
    assert all(f"({name})" in card for name in names)
    assert "cc0-1.0" in card


def test_datasets_loads_the_data_by_the_repositorys_name(
    published: Hub, home: Path, prepared: Path
) -> None:
    code, output, errors = run(published, home, "-c", _LOAD_DATASET)
    assert code == 0, errors
    splits, counts = np.unique(load_patches(prepared).splits, return_counts=True)
    expected = dict(zip(splits.tolist(), counts.tolist(), strict=True))
    for name, split in (("train", "train"), ("validation", "val"), ("test", "test")):
        assert f"'{name}': {expected[split]}" in output
    assert "(50, 50)" in output
    assert "['no_idc', 'idc']" in output


def test_the_datas_card_counts_what_is_there(published: Hub, prepared: Path) -> None:
    card = published.repository(DATASET_REPO, "dataset").content("README.md").decode()
    patches = load_patches(prepared)
    held_out = patches.splits == "test"
    idc = int(patches.labels[held_out].sum())
    assert f"| `test` | {len(TEST_CASES)} | {held_out.sum():,} | {idc:,} |" in card
    assert "license: cc0-1.0" in card
    # The path of the source is private.
    assert str(prepared) not in card


def test_prepare_reads_what_was_published(
    published: Hub, home: Path, prepared: Path, tmp_path: Path
) -> None:
    command = ("-m", "training", "prepare", DATASET_REPO, "--out", tmp_path / "again")
    code, _, errors = run(published, home, *command)
    assert code == 0, errors
    again, first = load_patches(tmp_path / "again"), load_patches(prepared)
    for name in ("images", "labels", "case_ids", "x", "y", "splits"):
        assert np.array_equal(getattr(again, name), getattr(first, name))


def test_publishing_the_same_again_commits_nothing(
    published: Hub, home: Path, prepared: Path
) -> None:
    repositories = [published.repository(REPO), published.repository(DATASET_REPO, "dataset")]
    before = [repository.head.oid for repository in repositories]
    data = ("--data", prepared, "--data-licence", "cc0-1.0", "--dataset-repo", DATASET_REPO)
    code, output, errors = publish(published, home, "--tag", "v1.0.0", *data)
    assert code == 0, errors
    assert output.count("was there already, unchanged") == 2
    assert [repository.head.oid for repository in repositories] == before


def refused(result: tuple[int, str, str]) -> str:
    """Return the one line that says why."""
    code, output, errors = result
    assert (code, output) == (2, "")
    assert "Traceback" not in errors
    return errors


def test_without_a_token_it_says_where_to_get_one(hub: Hub, tmp_path: Path) -> None:
    assert "no token: set HF_TOKEN" in refused(publish(hub, tmp_path, HF_TOKEN=""))


def test_a_rejected_token_is_said_and_not_shown(hub: Hub, tmp_path: Path) -> None:
    hub.faults.reject(hub.tokens.write)
    said = refused(publish(hub, tmp_path))
    assert "does not know the token" in said
    assert hub.tokens.write not in said


def test_without_a_network_it_says_so(hub: Hub, tmp_path: Path) -> None:
    hub.down()
    assert "the Hub cannot be reached" in refused(publish(hub, tmp_path))


@pytest.mark.parametrize("name", ["biopsia-idc", "owner/a--b", "a/b/c", ""])
def test_a_repository_needs_a_full_name(hub: Hub, tmp_path: Path, name: str) -> None:
    command = ("-m", "training", "publish", MODEL, "--repo", name)
    assert (name or "Repo id") in refused(run(hub, tmp_path, *command))
    assert not hub.requests


class _Page(BaseHTTPRequestHandler):
    """What a network shows to those who have not paid for it."""

    def do_GET(self) -> None:
        """Answer anything with a page."""
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")


def test_what_is_not_the_hub_is_said(hub: Hub, tmp_path: Path) -> None:
    with HTTPServer(("127.0.0.1", 0), _Page) as server:
        threading.Thread(target=server.handle_request, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}"
        said = refused(publish(hub, tmp_path, HF_ENDPOINT=address))
    assert "what answers is not the Hub: check HF_ENDPOINT" in said


def test_data_need_a_licence_before_anything_is_asked(hub: Hub, tmp_path: Path) -> None:
    said = refused(publish(hub, tmp_path, "--data", tmp_path))
    assert "--data-licence" in said
    assert "cc0-1.0" in said
    assert "need --data" in refused(publish(hub, tmp_path, "--dataset-repo", DATASET_REPO))
    assert not hub.requests
