"""`python -m hf_space.deploy`, on a local Hub and with a real service behind its Space."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import CommitOperationAdd, SpaceCard

from tests.bundle_factory import write_bundle
from tests.hub.clone import Clone, Done
from tests.hub.server import Hub
from tests.hub.spaces import USUAL_LIFE, Space, Stage
from tests.server import RunningServer, running_app, running_server

SPACE, MODEL = "owner/biopsia", "owner/tiny"
ALWAYS = {"BIOPSIA_DATA_DIR": "/tmp/biopsia", "BIOPSIA_TRUSTED_PROXY_HOPS": "1"}  # noqa: S108 -- the Space's


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The project, committed; do not change it."""
    return Clone.make(tmp_path_factory.mktemp("clone"))


@pytest.fixture(scope="module")
def service(clone: Clone) -> Iterator[RunningServer]:
    """The service as a Space runs it, with the clone's model."""
    with running_server(BIOPSIA_MODEL_DIR=str(clone.folder / "hf_space" / "model")) as server:
        yield server


@pytest.fixture
def space(hub: Hub, service: RunningServer) -> Space:
    """An empty Space, whose service answers."""
    return space_at(hub, service)


def space_at(hub: Hub, service: RunningServer) -> Space:
    """Create a Space that a service stands in for; it is there at once."""
    hub.api().create_repo(SPACE, repo_type="space", space_sdk="gradio")
    space = hub.repository(SPACE, "space").space
    space.host = service.url
    space.life = (Stage("RUNNING"),)
    return space


def publish_tiny(hub: Hub, folder: Path, **changes: Any) -> str:
    """Put a tiny bundle on the Hub, and return its commit."""
    write_bundle(folder, **changes)
    hub.api().create_repo(MODEL, exist_ok=True)
    paths = [path for path in folder.rglob("*") if path.is_file()]
    adds = [CommitOperationAdd(path.relative_to(folder).as_posix(), path) for path in paths]
    return hub.api().create_commit(MODEL, adds, commit_message="Publish").oid


def deployed(clone: Clone, hub: Hub, home: Path, *options: str, **environment: str) -> Done:
    """Deploy, and expect that it works."""
    done = clone.deploy("--space", SPACE, *options, **hub.environment(home), **environment)
    assert done.code == 0, done.errors
    return done


def add_files(hub: Hub, *paths: str) -> None:
    """Commit some files to the Space."""
    adds = [CommitOperationAdd(path, b"old") for path in paths]
    hub.api().create_commit(SPACE, adds, commit_message="Old", repo_type="space")


def card(hub: Hub) -> SpaceCard:
    return SpaceCard(hub.repository(SPACE, "space").content("README.md").decode())


def writes(hub: Hub) -> list[str]:
    """Return the paths of all requests that changed something."""
    changing = [request for request in hub.requests if request.method in {"POST", "DELETE", "PUT"}]
    quiet = ("/validate-yaml", "/preupload/main", "/repos/create", "/objects/batch")
    return [request.path for request in changing if not request.path.endswith(quiet)]


def test_a_space_gets_what_it_needs_and_answers(
    hub: Hub, clone: Clone, service: RunningServer, space: Space, tmp_path: Path
) -> None:
    space.life = USUAL_LIFE
    done = deployed(clone, hub, tmp_path / "home")
    stages = re.findall(f"^{SPACE}: (.*)$", done.output, re.MULTILINE)
    assert stages == ["BUILDING", "APP_STARTING", "RUNNING"]
    assert f"{service.url} answers with tiny r1\n" in done.output
    assert f"{hub.endpoint}/spaces/{SPACE}" in done.output
    repository = hub.repository(SPACE, "space")
    assert repository.space.variables == ALWAYS
    assert len(repository.commits) == 2
    dry = tmp_path / "dry"
    assert clone.deploy("--dry-run", dry).code == 0
    expected = {path.relative_to(dry).as_posix(): path for path in dry.rglob("*") if path.is_file()}
    files = set(hub.api().list_repo_files(SPACE, repo_type="space"))
    assert files == {*expected, ".gitattributes"}
    assert all(repository.content(name) == path.read_bytes() for name, path in expected.items())


@pytest.mark.usefixtures("space")
def test_a_second_time_nothing_is_written(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    first = deployed(clone, hub, tmp_path, "--variable", "BIOPSIA_RETENTION_DAYS=7")
    assert "variable BIOPSIA_RETENTION_DAYS set to 7\n" in first.output
    assert len([path for path in writes(hub) if path.endswith("/variables")]) == 3
    hub.requests.clear()
    again = deployed(clone, hub, tmp_path, "--variable", "BIOPSIA_RETENTION_DAYS=7")
    assert "its files are up to date\n" in again.output
    assert writes(hub) == []
    # Variables that are not named are kept.
    deployed(clone, hub, tmp_path)
    assert writes(hub) == []


def test_what_is_no_longer_needed_goes_in_the_same_commit(
    hub: Hub, clone: Clone, space: Space, tmp_path: Path
) -> None:
    add_files(hub, "app.py", "old.py", "hf_space/old.py")
    space.variables["SOMEONES"] = "own"
    deployed(clone, hub, tmp_path)
    repository = hub.repository(SPACE, "space")
    assert len(repository.commits) == 3
    assert not {"old.py", "hf_space/old.py"} & repository.head.files.keys()
    assert space.variables == ALWAYS | {"SOMEONES": "own"}


def test_secrets_come_from_the_environment_and_are_not_told(
    hub: Hub, clone: Clone, space: Space, tmp_path: Path
) -> None:
    key = "lab:0123456789abcdef"
    done = deployed(clone, hub, tmp_path, "--secret", "BIOPSIA_API_KEYS", BIOPSIA_API_KEYS=key)
    assert space.secrets == {"BIOPSIA_API_KEYS": key}
    assert "secret BIOPSIA_API_KEYS set\n" in done.output
    assert "0123456789abcdef" not in done.output + done.errors
    assert hub.tokens.write not in done.output + done.errors


def test_a_model_of_the_hub_is_named_by_its_commit(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    commit = publish_tiny(hub, tmp_path / "model")
    served = {"BIOPSIA_MODEL_REPO": MODEL, "BIOPSIA_MODEL_REVISION": commit}
    # The service of the folder itself, which has no model.
    folder, options = tmp_path / "folder", ("--model", MODEL)
    assert clone.deploy("--dry-run", folder, *options, **hub.environment(tmp_path)).code == 0
    around = os.environ | hub.environment(tmp_path / "service") | served
    with running_app(folder, Path(sys.executable), around) as service:
        space = space_at(hub, service)
        done = deployed(clone, hub, tmp_path / "home", *options)
    assert f"answers with tiny r1, {MODEL} at {commit}\n" in done.output
    assert space.variables == ALWAYS | served
    files = hub.repository(SPACE, "space").head.files
    assert not [name for name in files if name.startswith("hf_space/model/")]
    names = ",".join(sorted(hub.repository(MODEL).head.files))
    assert "inference.json" in names
    assert card(hub).data["models"] == [MODEL]
    assert card(hub).data["preload_from_hub"] == [f"{MODEL} {names} {commit}"]


def test_without_a_model_of_the_hub_the_bundled_one_travels(
    hub: Hub, clone: Clone, space: Space, tmp_path: Path
) -> None:
    space.variables |= {"BIOPSIA_MODEL_REPO": MODEL, "BIOPSIA_MODEL_REVISION": "0" * 40}
    done = deployed(clone, hub, tmp_path)
    assert "variable BIOPSIA_MODEL_REPO removed\n" in done.output
    assert space.variables == ALWAYS
    assert "hf_space/model/inference.json" in hub.repository(SPACE, "space").head.files
    assert (card(hub).data.get("models"), card(hub).data.get("preload_from_hub")) == (None, None)


def test_an_older_revision_is_deployed_by_its_name(
    hub: Hub, clone: Clone, space: Space, tmp_path: Path
) -> None:
    first = publish_tiny(hub, tmp_path / "first")
    hub.api().create_tag(MODEL, tag="v1.0.0")
    second = publish_tiny(hub, tmp_path / "second", revision="r2")
    for options, commit in (([], second), (["--revision", "v1.0.0"], first)):
        # The service here has another model, so the command does not wait for this one.
        wanted = ("--space", SPACE, "--model", MODEL, *options, "--timeout", "1")
        done = clone.deploy(*wanted, **hub.environment(tmp_path))
        assert done.code == 2
        assert space.variables["BIOPSIA_MODEL_REVISION"] == commit
        assert commit in card(hub).data["preload_from_hub"][0]


def test_a_new_space_is_created_as_it_was_asked_for(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    # Nothing answers at the address that the Hub gives it.
    options = ("--space", SPACE, "--private", "--hardware", "cpu-upgrade", "--timeout", "1")
    done = clone.deploy(*options, **hub.environment(tmp_path))
    assert (done.code, "uploaded as" in done.output) == (2, True)
    created = hub.repository(SPACE, "space")
    assert (created.private, created.space.hardware) == (True, "cpu-upgrade")
