"""A Dockerfile's steps, run one by one in root folders instead of by an engine.

Each stage begins with a fresh copy of a base folder, whatever image it names. Commands run in it
by `chroot` as the account that the stage has then, with no more environment than the file sets.
Layers, caches and architectures have no counterpart here; an instruction, or an option of one,
that this module does not know is an error.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from string import Template
from typing import Final

from docker.utils import exclude_paths
from dockerfile_parse import DockerfileParser

from tests.slim_root import PATH, as_root

_ROOT_ACCOUNT: Final = "0:0"


@dataclass
class Stage:
    """A stage of a build, and once it is built, its image.

    Attributes:
        root: Its root folder.
        environment: What its commands find in their environment.
        folder: Where they run.
        account: As whom, `user:group` in numbers.
        command: What the image runs.
        health_command: What tells whether it is well.
    """

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH, "HOME": "/root"})
    folder: str = "/"
    account: str = _ROOT_ACCOUNT
    command: list[str] = field(default_factory=list)
    health_command: list[str] = field(default_factory=list)

    def words(self, command: Sequence[str], **environment: str) -> list[str]:
        """Return what runs a command in it, from outside."""
        variables = [f"{key}={value}" for key, value in (self.environment | environment).items()]
        enter = ["chroot", f"--userspec={self.account}", "--groups=", str(self.root)]
        return [*as_root(), *enter, "env", "-i", f"--chdir={self.folder}", *variables, *command]

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it to its end."""
        words = self.words(command, **environment)
        return subprocess.run(words, check=False, capture_output=True, text=True)  # noqa: S603

    def inside(self, path: str) -> Path:
        """Return where one of its paths lies, seen from outside."""
        return self.root / PurePosixPath(self.folder, path).relative_to("/")


class Build:
    """The build of a Dockerfile.

    Attributes:
        stages: All stages so far, by name or else by number.
    """

    def __init__(self, context: Path, write_base: Callable[[Path], None], folder: Path) -> None:
        """Prepare a build.

        Args:
            context: Folder with the Dockerfile and what it copies.
            write_base: Fills an empty folder with what every stage begins with.
            folder: An empty one, for the stages.
        """
        self.stages: dict[str, Stage] = {}
        self._context = context
        self._write_base = write_base
        self._folder = folder
        self._included = sorted(map(Path, context_files(context)))

    def run(self) -> Stage:
        """Run all steps, and return the last stage.

        Raises:
            RuntimeError: A command failed; the message holds what it said.
            ValueError: A step is none that this module knows.
        """
        for step in DockerfileParser(str(self._context)).structure:
            if step["instruction"] != "COMMENT":
                self._take(step["instruction"], step["value"])
        return self._stage

    @property
    def _stage(self) -> Stage:
        return list(self.stages.values())[-1]

    def _take(self, instruction: str, value: str) -> None:
        known = {
            "CMD": self._set_command,
            "COPY": self._copy,
            "ENV": self._set_environment,
            "EXPOSE": lambda _: None,
            "FROM": self._begin,
            "HEALTHCHECK": self._set_health_command,
            "RUN": self._run,
            "USER": self._set_account,
            "WORKDIR": self._set_folder,
        }
        if instruction not in known:
            raise ValueError(f"{instruction} is no instruction that is known here")
        known[instruction](value)

    def _begin(self, value: str) -> None:
        _, _, name = value.partition(" AS ")
        root = self._folder / f"stage-{len(self.stages)}"
        root.mkdir()
        self._write_base(root)
        self.stages[name or str(len(self.stages))] = Stage(root)

    def _set_environment(self, value: str) -> None:
        before = dict(self._stage.environment)
        for pair in shlex.split(value):
            key, _, text = pair.partition("=")
            self._stage.environment[key] = Template(text).substitute(before)

    def _set_folder(self, value: str) -> None:
        self._stage.folder = str(PurePosixPath(self._stage.folder, value))
        self._stage.inside(".").mkdir(parents=True, exist_ok=True)

    def _set_account(self, value: str) -> None:
        self._stage.account = value

    def _set_command(self, value: str) -> None:
        self._stage.command = json.loads(value)

    def _set_health_command(self, value: str) -> None:
        self._stage.health_command = json.loads(value.partition("CMD ")[2])

    def _run(self, value: str) -> None:
        done = self._stage.run("sh", "-c", value)
        if done.returncode:
            raise RuntimeError(f"RUN {value}\n{done.stdout}{done.stderr}")

    def _copy(self, value: str) -> None:
        options, words = _options(value)
        *sources, target = words
        origin = options.pop("from", None)
        if options:
            raise ValueError(f"COPY has options that are not known here: {', '.join(options)}")
        for source in sources:
            if origin:
                self._copy_from_stage(self.stages[origin], source, target)
            else:
                self._copy_from_context(Path(source), target)

    def _copy_from_stage(self, stage: Stage, source: str, target: str) -> None:
        # Links are enough: a stage that others copy from is not written to any more.
        into = self._stage.inside(target)
        shutil.copytree(stage.inside(source), into, symlinks=True, copy_function=os.link)

    def _copy_from_context(self, source: Path, target: str) -> None:
        into = self._stage.inside(target)
        # What a folder holds is copied; a file is copied into a folder, or under another name.
        if (self._context / source).is_file() and target.endswith("/"):
            into /= source.name
        paths = [path for path in self._included if path.is_relative_to(source)]
        if not paths:
            raise RuntimeError(f"COPY {source}: the build's context has no such file")
        for path in paths:
            if (self._context / path).is_file():
                final = into / path.relative_to(source)
                final.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self._context / path, final)


def context_files(context: Path) -> set[str]:
    """Return the paths below a folder that a builder gets, by its `.dockerignore`."""
    lines = (context / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return exclude_paths(str(context), patterns)


def _options(value: str) -> tuple[dict[str, str], list[str]]:
    words = shlex.split(value)
    options = [word.removeprefix("--").partition("=") for word in words if word.startswith("--")]
    return {key: text for key, _, text in options}, words[len(options) :]
