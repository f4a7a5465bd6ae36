"""A clone of the project with everything committed, whatever the working copy's state."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.bundle_factory import write_bundle
from tests.server import ROOT

_AUTHOR = (
    "-c",
    "user.name=Test",
    "-c",
    "user.email=test@example.org",
    "-c",
    "commit.gpgsign=false",
)
_SOURCES = ("app.py", "LICENSE", ".gitignore", "hf_space")


@dataclass(frozen=True)
class Done:
    """How a command ended.

    Attributes:
        code: Its exit code.
        output: What it printed.
        errors: What it said on standard error, warnings of the client included.
    """

    code: int
    output: str
    errors: str


@dataclass(frozen=True)
class Clone:
    """What a Space is made of, in a repository of its own, with the tiny network as its model.

    Attributes:
        folder: Its root.
    """

    folder: Path

    @classmethod
    def make(cls, folder: Path) -> Clone:
        """Copy what git knows of the working copy to a new folder, and commit it."""
        listed = _git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", *_SOURCES)
        for name in filter(lambda name: (ROOT / name).is_file(), listed):
            if not name.startswith("hf_space/model/"):
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, folder / name)
        write_bundle(folder / "hf_space" / "model")
        _git(folder, "init", "--quiet")
        clone = cls(folder)
        clone.commit()
        return clone

    def commit(self) -> str:
        """Commit everything, and return the commit."""
        _git(self.folder, "add", "--all")
        _git(self.folder, *_AUTHOR, "commit", "--quiet", "--allow-empty", "--message", "Change")
        return _git(self.folder, "rev-parse", "HEAD")[0]

    def deploy(self, *options: str | Path, **environment: str) -> Done:
        """Run the command here."""
        done = subprocess.run(  # noqa: S603 -- our own interpreter and code
            [sys.executable, "-m", "hf_space.deploy", *map(str, options)],
            cwd=self.folder,
            env=outside_git() | environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Done(done.returncode, done.stdout, done.stderr)


def outside_git() -> dict[str, str]:
    """Return this process's environment without the variables that git sets for its hooks."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


def _git(folder: Path, *arguments: str) -> list[str]:
    done = subprocess.run(  # noqa: S603 -- our own arguments
        ["git", *arguments],  # noqa: S607 -- where it lies differs between machines
        cwd=folder,
        env=outside_git(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()
