"""A deployment that cannot proceed gives one message with the remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.hub.clone import Clone, Done
from tests.hub.server import Hub
from tests.hub.test_deploy import MODEL, SPACE, add_files, publish_tiny
from tests.server import free_port

PAID = "Static Spaces are free; Gradio Spaces on free cpu-basic require a PRO subscription."


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The project, committed; do not change it."""
    return Clone.make(tmp_path_factory.mktemp("clone"))


def refused(done: Done, *words: str) -> None:
    """Expect one message with some words, and no traceback."""
    assert done.code == 2
    assert "Traceback" not in done.errors
    said = done.errors.strip().splitlines()[-1]
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize(
    ("token", "words"),
    [
        ("", ("HF_TOKEN", "hf auth login")),
        ("hf_unknown", ("does not know the token", "HF_TOKEN")),
        ("hf_stranger", ("may not write", SPACE)),
        ("hf_read", ("may not write", SPACE)),
    ],
)
def test_a_token_that_does_not_open_the_space(
    hub: Hub, clone: Clone, tmp_path: Path, token: str, words: tuple[str, ...]
) -> None:
    done = clone.deploy("--space", SPACE, **hub.environment(tmp_path, token))
    refused(done, *words)
    assert not token or token not in done.output + done.errors


def test_no_network(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    away = {"HF_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    done = clone.deploy("--space", SPACE, **(hub.environment(tmp_path) | away))
    refused(done, "cannot be reached", "network")


def test_a_plan_that_the_hub_wants_first(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    hub.faults.fail("POST", "/api/repos/create", status=402, message=PAID)
    refused(clone.deploy("--space", SPACE, **hub.environment(tmp_path)), "paid plan", PAID)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), ("--space owner/name",)),
        (("--space", "no name"), ("no name of a repository", "no name")),
        (("--space", ""), ("no name of a repository",)),
        (("--space", "biopsia"), ("owner/biopsia",)),
        (("--space", SPACE, "--model", "tiny"), ("owner/tiny",)),
        (("--space", SPACE, "--model", "owner/other"), ("owner/other", "does not exist")),
        (
            ("--space", SPACE, "--model", MODEL, "--revision", "v9"),
            (MODEL, "v9", "no such revision"),
        ),
        (("--space", SPACE, "--revision", "v9"), ("--revision", "--model")),
        (("--space", SPACE, "--secret", "MISSING_KEY"), ("MISSING_KEY", "environment variable")),
        (("--space", SPACE, "--variable", "NAME"), ("--variable NAME", "NAME=VALUE")),
        (("--space", SPACE, "--variable", "BIOPSIA_RETENTION_DAYS=0"), ("BIOPSIA_RETENTION_DAYS",)),
        (("--space", SPACE, "--variable", "BIOPSIA_RETENSION_DAYS=7"), ("no such setting",)),
        (("--space", SPACE, "--variable", f"BIOPSIA_MODEL_REPO={MODEL}"), ("--model",)),
        (
            ("--space", SPACE, "--variable", "BIOPSIA_API_KEYS=a:b"),
            ("BIOPSIA_API_KEYS", "--secret"),
        ),
        (
            ("--space", SPACE, "--variable", "biopsia_api_keys=lab:0123456789abcdef"),
            ("BIOPSIA_API_KEYS", "--secret"),
        ),
        (
            ("--space", SPACE, "--variable", "Biopsia_Retention_Days=7"),
            ("Biopsia_Retention_Days", "BIOPSIA_RETENTION_DAYS"),
        ),
        (("--space", SPACE, "--variable", f"biopsia_model_repo={MODEL}"), ("--model",)),
        (("--space", SPACE, "--variable", "HF_TOKEN=hf_other"), ("HF_TOKEN", "--secret")),
        (
            ("--space", SPACE, "--variable", "HUGGING_FACE_HUB_TOKEN=hf_other"),
            ("HUGGING_FACE_HUB_TOKEN", "--secret"),
        ),
    ],
)
def test_an_option_that_cannot_be(
    hub: Hub, clone: Clone, tmp_path: Path, options: tuple[str, ...], words: tuple[str, ...]
) -> None:
    publish_tiny(hub, tmp_path / "model")
    refused(clone.deploy(*options, **hub.environment(tmp_path / "home")), *words)
    assert hub.api().repo_exists(SPACE, repo_type="space") is False


def test_a_secret_on_the_command_line_is_not_repeated(
    hub: Hub, clone: Clone, tmp_path: Path
) -> None:
    options = ("--space", SPACE, "--secret", "KEY=5ecret")
    done = clone.deploy(*options, **hub.environment(tmp_path))
    refused(done, "--secret KEY", "environment variable KEY")
    assert "5ecret" not in done.output + done.errors


def test_a_model_repository_without_a_bundle(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    hub.api().create_repo(MODEL)
    done = clone.deploy("--space", SPACE, "--model", MODEL, **hub.environment(tmp_path))
    refused(done, MODEL, "inference.json", "training publish")


def test_a_closed_model_needs_a_token_that_reads_it(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    publish_tiny(hub, tmp_path / "model")
    hub.api().update_repo_settings(MODEL, visibility="private")
    options = ("--space", SPACE, "--model", MODEL, "--timeout", "1")
    environment = hub.environment(tmp_path / "home")
    refused(clone.deploy(*options, **environment), MODEL, "secret HF_TOKEN", "settings")
    # Not the one that may write.
    given = clone.deploy(*options, "--secret", "HF_TOKEN", **environment)
    refused(given, "--secret HF_TOKEN", "may only read")
    assert hub.tokens.write not in given.errors
    space = hub.repository(SPACE, "space")
    assert space.space.secrets == {}
    hub.api().add_space_secret(SPACE, "HF_TOKEN", hub.tokens.read)
    refused(clone.deploy(*options, **environment), "not ready after 1 s")
    # Where a Space is built there are no secrets.
    assert b"preload_from_hub" not in space.content("README.md")


def test_a_public_space_is_not_taken_for_a_private_one(
    hub: Hub, clone: Clone, tmp_path: Path
) -> None:
    hub.api().create_repo(SPACE, repo_type="space", space_sdk="gradio")
    done = clone.deploy("--space", SPACE, "--private", **hub.environment(tmp_path))
    refused(done, SPACE, "public", "make it private")


def test_another_space_is_not_overwritten(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    hub.api().create_repo(SPACE, repo_type="space", space_sdk="static")
    add_files(hub, "index.html")
    before = hub.repository(SPACE, "space").head
    done = clone.deploy("--space", SPACE, **hub.environment(tmp_path))
    refused(done, SPACE, "other files", "app.py", "another repository")
    assert hub.repository(SPACE, "space").head is before
    assert hub.repository(SPACE, "space").space.variables == {}


def test_only_what_is_committed_is_uploaded(hub: Hub, tmp_path: Path) -> None:
    clone = Clone.make(tmp_path / "clone")
    (clone.folder / "notes.txt").write_text("not of the Space")
    (clone.folder / "hf_space" / "examples" / "patient.png").write_bytes(b"")
    done = clone.deploy("--space", SPACE, **hub.environment(tmp_path / "home"))
    refused(done, "not committed", "hf_space/examples/patient.png", "--dry-run")
    assert "notes.txt" not in done.errors
    assert not hub.requests


def test_without_a_clone_nothing_is_uploaded(hub: Hub, clone: Clone, tmp_path: Path) -> None:
    copy = shutil.copytree(clone.folder, tmp_path / "copy", ignore=lambda *_: [".git"])
    done = Clone(copy).deploy("--space", SPACE, **hub.environment(tmp_path / "home"))
    refused(done, "in a clone")
