"""The service takes its model only from the Hub or from its cache of it."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import httpx2
import pytest
from huggingface_hub import constants

from hf_space.bundle.config import (
    INFERENCE_FILE,
    METRICS_FILE,
    OPENVINO_WEIGHTS_FILE,
    InferenceConfig,
)
from hf_space.bundle.hub import fetch_bundle
from hf_space.bundle.source import find_bundle
from hf_space.deploy.hub import commit_folder
from hf_space.errors import BundleError, FetchError
from hf_space.settings import Settings
from tests.bundle_factory import encode, expected_probability, plain_image, write_bundle
from tests.hub.server import Hub
from tests.server import RunningServer, running_server
from tests.waiting import wait_until

REPO = "owner/tiny"
COLOUR = (200, 120, 190)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle that the repository is to hold."""
    return write_bundle(tmp_path / "bundle")


@pytest.fixture
def commit(hub: Hub, bundle: Path) -> str:
    """A repository that holds it; its commit."""
    hub.api().create_repo(REPO)
    return push(hub, bundle)


def push(hub: Hub, bundle: Path) -> str:
    """Make the repository hold a folder; return the commit."""
    commit = commit_folder(
        hub.api(), REPO, bundle, repo_type="model", mark=INFERENCE_FILE, message="A model"
    )
    assert commit
    return commit


def rename(bundle: Path, revision: str) -> None:
    """Let a bundle be another revision of the same network."""
    path = bundle / INFERENCE_FILE
    config = InferenceConfig.from_json(path.read_bytes())
    path.write_text(config.model_copy(update={"revision": revision}).to_json(), "utf-8")


def health(server: RunningServer) -> dict[str, Any]:
    """Return what the service says of its model."""
    model: dict[str, Any] = httpx2.get(f"{server.url}/health/").json()["model"]
    return model


def predict(server: RunningServer) -> httpx2.Response:
    """Ask about a plain image."""
    image = encode(plain_image(*COLOUR))
    return httpx2.post(f"{server.url}/predict/", files={"file": image}, data={"save": "false"})


def test_the_service_predicts_with_the_hubs_model_and_names_it(
    hub: Hub, commit: str, tmp_path: Path
) -> None:
    environment = hub.environment(tmp_path / "home") | {"BIOPSIA_MODEL_REPO": REPO}
    with running_server(**environment) as server:
        result = predict(server).json()
        found = health(server)
        # Addresses of large files are signed.
        log = server.log.read_text("utf-8")
        assert not [part for part in ("/resolve/", "/content/") if part in log]
    assert result["probability"] == pytest.approx(expected_probability(*COLOUR), abs=1e-4)
    assert result["model"] == {"name": "tiny", "revision": "r1"}
    origin = {"source": "hub", "repo": REPO, "commit": commit, "revision": "r1"}
    assert found.items() >= origin.items()

    # At the next start the Hub is down.
    hub.down()
    with running_server(**environment) as server:
        assert health(server).items() >= (origin | {"source": "cache"}).items()
        assert predict(server).json()["probability"] == result["probability"]
        assert "the Hub is unreachable" in server.log.read_text("utf-8")


def test_a_model_that_cannot_be_fetched_is_awaited(hub: Hub, commit: str, tmp_path: Path) -> None:
    hub.down()
    environment = hub.environment(tmp_path / "home") | {"BIOPSIA_MODEL_REPO": REPO}
    with running_server(**environment) as server:
        refused = httpx2.get(f"{server.url}/health/")
        assert (refused.status_code, health(server)["state"]) == (503, "unavailable")
        assert health(server)["reason"] == "not_fetched"
        answer = predict(server)
        assert answer.status_code == 503
        assert answer.json()["error"]["code"] == "model_unavailable"
        hub.up()
        wait_until(lambda: health(server)["state"] == "ready", seconds=60)
        assert (health(server)["commit"], health(server)["reason"]) == (commit, None)
        assert predict(server).status_code == 200


def test_a_branch_moves_and_a_commit_and_a_tag_stay(hub: Hub, commit: str, bundle: Path) -> None:
    hub.api().create_tag(REPO, tag="v1")
    rename(bundle, "r2")
    newer = push(hub, bundle)
    for revision, expected in ((None, newer), ("main", newer), ("v1", commit), (commit, commit)):
        found = fetch_bundle(REPO, revision)
        assert found.origin.commit == expected
        assert found.origin.source == "hub"
        assert found.origin.pinned is (revision == commit)
        assert found.config.revision == ("r2" if expected == newer else "r1")


def test_a_moved_branch_is_followed_at_the_next_start(hub: Hub, commit: str, bundle: Path) -> None:
    assert fetch_bundle(REPO, "main").origin.commit == commit
    rename(bundle, "r2")
    newer = push(hub, bundle)
    assert fetch_bundle(REPO, "main").origin.commit == newer
    hub.down()
    assert fetch_bundle(REPO, "main").origin.commit == newer
    assert fetch_bundle(REPO, commit).origin.source == "cache"


@pytest.mark.usefixtures("commit")
def test_a_hub_in_trouble_is_as_good_as_none(hub: Hub) -> None:
    fetch_bundle(REPO, "main")
    for status in (503, 429):
        hub.faults.fail("GET", "/api/models/", times=9, status=status)
        assert fetch_bundle(REPO, "main").origin.source == "cache"
        hub.mend()
    assert fetch_bundle(REPO, "main").origin.source == "hub"


@pytest.mark.usefixtures("commit")
def test_a_hub_that_hangs_is_not_awaited_forever(monkeypatch: pytest.MonkeyPatch) -> None:
    fetch_bundle(REPO, "main")
    monkeypatch.setattr("hf_space.bundle.hub._RESPONSE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        monkeypatch.setattr(constants, "ENDPOINT", address)
        assert fetch_bundle(REPO, "main").origin.source == "cache"


def test_without_hub_and_cache_there_is_no_model(hub: Hub, commit: str) -> None:
    hub.down()
    with pytest.raises(FetchError, match=f"no whole copy of {REPO}"):
        fetch_bundle(REPO, commit)


@pytest.mark.usefixtures("commit")
def test_another_revision_in_the_cache_is_not_served_instead(hub: Hub) -> None:
    fetch_bundle(REPO, "main")
    hub.down()
    with pytest.raises(FetchError):
        fetch_bundle(REPO, "v2")


def test_a_file_corrupted_on_its_way_is_refused(hub: Hub, commit: str) -> None:
    hub.faults.corrupt(OPENVINO_WEIGHTS_FILE)
    with pytest.raises(BundleError, match=f"{OPENVINO_WEIGHTS_FILE} was altered") as caught:
        fetch_bundle(REPO, "main")
    # Trying forever would not help: the Hub itself sends it so.
    assert not isinstance(caught.value, FetchError)
    hub.mend()
    assert fetch_bundle(REPO, "main").origin.commit == commit


@pytest.mark.usefixtures("commit")
def test_a_file_damaged_in_the_cache_is_fetched_again() -> None:
    weights = fetch_bundle(REPO, "main").path / OPENVINO_WEIGHTS_FILE
    intact = weights.read_bytes()
    weights.resolve().write_bytes(b"\x00" * len(intact))
    mended = fetch_bundle(REPO, "main").path / OPENVINO_WEIGHTS_FILE
    assert mended.read_bytes() == intact


@pytest.mark.usefixtures("commit")
def test_a_file_damaged_in_the_cache_waits_for_the_hub(hub: Hub) -> None:
    weights = fetch_bundle(REPO, "main").path / OPENVINO_WEIGHTS_FILE
    weights.resolve().write_bytes(b"\x00" * weights.stat().st_size)
    hub.down()
    with pytest.raises(FetchError, match="was altered"):
        fetch_bundle(REPO, "main")
    hub.up()
    assert fetch_bundle(REPO, "main").origin.source == "hub"


@pytest.mark.usefixtures("commit")
def test_a_second_download_that_fails_can_be_tried_again(hub: Hub) -> None:
    weights = fetch_bundle(REPO, "main").path / OPENVINO_WEIGHTS_FILE
    weights.resolve().write_bytes(b"\x00" * weights.stat().st_size)
    hub.faults.fail("HEAD", "/resolve/", times=99, status=418)
    with pytest.raises(FetchError):
        fetch_bundle(REPO, "main")


@pytest.mark.usefixtures("commit")
@pytest.mark.parametrize("kind", [RuntimeError, ValueError, ConnectionError, PermissionError])
def test_however_a_download_fails_it_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    def fail(*_: object, **__: object) -> str:
        raise kind("https://store.example/file?signature=secret")

    # As the library that the client downloads with raises them: the local Hub does not speak with
    # it.
    monkeypatch.setattr("hf_space.bundle.hub.snapshot_download", fail)
    with pytest.raises(FetchError) as caught:
        fetch_bundle(REPO, "main")
    assert "signature" not in str(caught.value)


def test_a_model_behind_a_form_is_refused(hub: Hub, commit: str) -> None:
    hub.repository(REPO).gated = True
    with pytest.raises(BundleError, match="check BIOPSIA_MODEL_REPO and HF_TOKEN") as caught:
        fetch_bundle(REPO, commit)
    assert not isinstance(caught.value, FetchError)


def test_a_download_cut_short_is_refused_and_can_be_tried_again(hub: Hub, commit: str) -> None:
    hub.faults.shorten(OPENVINO_WEIGHTS_FILE, to=1)
    with pytest.raises(FetchError):
        fetch_bundle(REPO, "main")
    hub.mend()
    assert fetch_bundle(REPO, "main").origin.commit == commit


@pytest.mark.usefixtures("commit")
def test_a_download_that_breaks_off_goes_on(hub: Hub, bundle: Path) -> None:
    hub.faults.cut_downloads(METRICS_FILE, after=3)
    found = fetch_bundle(REPO, "main").path / METRICS_FILE
    assert found.read_bytes() == (bundle / METRICS_FILE).read_bytes()


@pytest.mark.parametrize(
    ("repo", "revision", "said"),
    [
        (REPO, "v9", f"{REPO} has no revision 'v9'"),
        ("owner/none", None, "the Hub has no owner/none that the token may read"),
        ("owner/a--b", None, "owner/a--b cannot be asked for"),
    ],
)
@pytest.mark.usefixtures("commit")
def test_what_the_hub_does_not_have_is_said(repo: str, revision: str | None, said: str) -> None:
    with pytest.raises(BundleError, match=said) as caught:
        fetch_bundle(repo, revision)
    assert not isinstance(caught.value, FetchError)


def test_a_private_model_needs_its_owners_token(
    hub: Hub, commit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.api().update_repo_settings(REPO, private=True)
    with pytest.raises(BundleError, match="check BIOPSIA_MODEL_REPO and HF_TOKEN"):
        fetch_bundle(REPO, "main")
    monkeypatch.setenv("HF_TOKEN", hub.tokens.read)
    assert fetch_bundle(REPO, "main").origin.commit == commit
    # If the Hub denies access, the cached model is not served.
    hub.faults.reject(hub.tokens.read)
    with pytest.raises(BundleError) as caught:
        fetch_bundle(REPO, "main")
    assert not isinstance(caught.value, FetchError)
    assert hub.tokens.read not in str(caught.value)


def test_the_folder_is_used_when_no_repository_is_named(bundle: Path) -> None:
    found = find_bundle(Settings(model_dir=bundle))
    assert (found.origin.source, found.origin.repo, found.origin.commit) == ("bundled", None, None)


def test_the_repository_is_used_when_it_is_named(commit: str) -> None:
    found = find_bundle(Settings(model_repo=REPO, model_revision=commit))
    assert found.origin.commit == commit


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"model_repo": "no-owner"}, "String should match pattern"),
        ({"model_repo": REPO, "model_dir": Path("model")}, "exclude each other"),
        ({"model_revision": "v1"}, "needs BIOPSIA_MODEL_REPO"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(
    settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(**settings)


def test_only_files_of_a_bundle_are_fetched(hub: Hub, commit: str, bundle: Path) -> None:
    strangers = (
        "run.py",
        "model.pkl",
        "data/patches.zip",
        "evaluation/page.html",
        "x/metrics.json",
    )
    for name in strangers:
        (bundle / name).parent.mkdir(exist_ok=True)
        (bundle / name).write_bytes(b"x")
    assert push(hub, bundle) != commit
    found = fetch_bundle(REPO, None)
    names = {path.relative_to(found.path).as_posix() for path in found.path.rglob("*")}
    assert names >= {INFERENCE_FILE, METRICS_FILE, OPENVINO_WEIGHTS_FILE, "evaluation/roc.png"}
    assert not names & set(strangers)
