"""The files of a Space: what the service needs to run, its requirements, and its card."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from huggingface_hub import SpaceCard

_ROOT: Final = Path(__file__).parents[2]
_PACKAGE: Final = Path(__file__).parents[1].name
_CARD: Final = "README.md"
APP_FILE: Final = "app.py"
"""What the Hub starts."""
_SOURCES: Final = (APP_FILE, "LICENSE", _PACKAGE)
_REQUIREMENTS: Final = "requirements.txt"
_LOCK: Final = f"{_PACKAGE}/requirements.lock.txt"
# The Hub expects it at the root.
_MOVED: Final = {f"{_PACKAGE}/{_CARD}": _CARD}
# A Space does not need the code that publishes or the code for slides in bulk; its requirements are
# rewritten.
_LEFT_BEHIND: Final = (f"{_PACKAGE}/deploy/", f"{_PACKAGE}/requirements")
_HASHES: Final = re.compile(r"\s*\\\n\s+--hash=\S+")
_MODEL: Final = f"{_PACKAGE}/model/"


class SpaceError(Exception):
    """A Space cannot be created, or does not respond; the message names the remedy."""


@dataclass(frozen=True, slots=True)
class HubModel:
    """A bundle on the Hub.

    Attributes:
        repo: `owner/name`.
        commit: 40 hexadecimal digits.
        files: All of its files.
        is_open: Whether it is public.
    """

    repo: str
    commit: str
    files: tuple[str, ...]
    is_open: bool


def write_space(folder: Path, model: HubModel | None) -> int:
    """Write the folder of a Space; return how many files it has.

    Files that git ignores are left out.

    Args:
        folder: New or empty.
        model: The model that the Space downloads when it starts; None copies the bundled model.

    Raises:
        SpaceError: The folder is not empty, or this is not a git working copy.
    """
    if folder.is_file() or (folder.is_dir() and any(folder.iterdir())):
        raise SpaceError(f"{folder} is not empty: name a new folder")
    sources = [name for name in _known_to_git() if not (model and name.startswith(_MODEL))]
    for name in sources:
        target = folder / _MOVED.get(name, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_ROOT / name, target)
    (folder / _CARD).write_text(render_card(model), encoding="utf-8")
    (folder / _REQUIREMENTS).write_text(_requirements(), encoding="utf-8")
    return len(sources) + 1


def _requirements() -> str:
    """Return the locked versions without their hashes.

    The Hub adds packages that are not locked, and pip requires hashes for all packages or none.
    """
    return _HASHES.sub("", (_ROOT / _LOCK).read_text(encoding="utf-8"))


def render_card(model: HubModel | None) -> str:
    """Return the Space's card; it names the model that the Space downloads, if any."""
    card = SpaceCard((_ROOT / _PACKAGE / _CARD).read_text(encoding="utf-8"))
    card.data["models"] = [model.repo] if model else None
    # A private model cannot be fetched during the Space's build, which has no secrets.
    card.data["preload_from_hub"] = [_preload(model)] if model and model.is_open else None
    return str(card)


def committed() -> str:
    """Return the commit of the working copy, 40 hexadecimal digits.

    Raises:
        SpaceError: A file of the Space differs from it.
    """
    changed = [line[3:] for line in _git("status", "--porcelain", "-uall", "--", *_SOURCES)]
    if changed:
        raise SpaceError(
            f"not committed: {', '.join(changed)}; commit or remove what the Space is made of, or "
            "look at it first with --dry-run"
        )
    return _git("rev-parse", "HEAD")[0]


def _preload(model: HubModel) -> str:
    return f"{model.repo} {','.join(model.files)} {model.commit}"


def _known_to_git() -> list[str]:
    """Return the names of the Space's sources, below the root."""
    listed = _git("ls-files", "--cached", "--others", "--exclude-standard", "--", *_SOURCES)
    return sorted(
        {name for name in listed if (_ROOT / name).is_file() and not name.startswith(_LEFT_BEHIND)}
    )


def _git(*arguments: str) -> list[str]:
    """Return the lines of git's output for the working copy."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own arguments
            ("git", "-c", "core.quotePath=false", "-C", str(_ROOT), *arguments),  # noqa: S607 -- where it lies differs between machines
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or error
        raise SpaceError(
            f"only what git knows is uploaded, so run it in a clone; git says: {said}".strip()
        ) from error
    return done.stdout.splitlines()
