"""The steps of docs/deploy.md that need the Hub only, word for word, as one follows them."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

from hf_space.bundle.load import load_bundle
from tests.hub.clone import Clone, outside_git
from tests.hub.server import Hub
from tests.server import ROOT, running_server

PAGE = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
MODEL, SPACE = "owner/biopsia-idc", "owner/biopsia"


def commands(heading: str) -> list[str]:
    """Return the commands under a heading, each as one block."""
    [section] = re.findall(rf"^## {heading}\n(.*?)^## ", PAGE, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^ *```bash\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in blocks]


def follow(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Run a command of the page as `owner`, and return what it printed."""
    text = command.replace("OWNER", "owner").replace(".venv/bin/python", sys.executable)
    done = subprocess.run(  # noqa: S603 -- our own documentation
        ["bash", "-euc", text],  # noqa: S607 -- where it lies differs between machines
        cwd=folder,
        env=outside_git() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_model_and_space_are_live_by_following_the_page(hub: Hub, tmp_path: Path) -> None:
    environment = hub.environment(tmp_path / "home")
    publish, load = commands("1. The model, on the Hub")
    [deploy] = commands("2. The demo, as a Space")

    assert f"{MODEL} is published, at commit " in follow(publish, ROOT, environment)
    assert "logit" in follow(load, tmp_path, environment)
    revision = load_bundle(ROOT / "hf_space" / "model").config.revision
    commit = hub.api().model_info(MODEL).sha
    # The revision in results leads back to the model.
    assert set(hub.repository(MODEL).tags) == {"v1.0.0", f"revision-{revision}"}

    hub.api().create_repo(SPACE, repo_type="space", space_sdk="gradio")
    served = {"BIOPSIA_MODEL_REPO": MODEL, "BIOPSIA_MODEL_REVISION": f"revision-{revision}"}
    with running_server(**hub.environment(tmp_path / "space"), **served) as service:
        hub.repository(SPACE, "space").space.host = service.url
        clone = Clone.make(tmp_path / "clone")
        printed = follow(deploy, clone.folder, environment)
    assert f"{service.url} answers with biopsia-idc {revision}, {MODEL} at {commit}\n" in printed
