"""Reads the Dockerfile without building the image."""

from __future__ import annotations

import json
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

from docker.utils import exclude_paths
from dockerfile_parse import DockerfileParser

from tests.server import ROOT


@dataclass(frozen=True)
class Image:
    """The last stage of the Dockerfile.

    Attributes:
        environment: What its commands find in their environment.
        copies: Its copies from the project: sources, and last the target.
        user: As whom it runs.
        command: What it runs.
        health_command: What tells whether it is well.
        instructions: All that it has.
    """

    environment: dict[str, str]
    copies: list[list[str]]
    user: str
    command: list[str]
    health_command: list[str]
    instructions: set[str]

    def copy_to(self, folder: Path) -> None:
        """Copy what a builder would, without what is ignored."""
        known = [Path(name) for name in context_files(ROOT) if (ROOT / name).is_file()]
        for *sources, target in self.copies:
            for source in map(Path, sources):
                for path in (path for path in known if path.is_relative_to(source)):
                    # What a folder holds is copied; a file keeps its name.
                    below = path.relative_to(source) if path != source else Path(source.name)
                    final = folder / target / below
                    final.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(ROOT / path, final)


def read_image() -> Image:
    """Read the last stage of the project's Dockerfile."""
    steps = [(step["instruction"], step["value"]) for step in DockerfileParser(str(ROOT)).structure]
    begins = max(place for place, (name, _) in enumerate(steps) if name == "FROM")
    last = steps[begins:]
    values = dict(last)
    variables = shlex.split(values["ENV"])
    copies = [shlex.split(value) for name, value in last if name == "COPY"]
    return Image(
        environment=dict(variable.split("=", 1) for variable in variables),
        copies=[words for words in copies if not words[0].startswith("--from=")],
        user=values["USER"],
        command=json.loads(values["CMD"]),
        health_command=json.loads(values["HEALTHCHECK"].partition("CMD ")[2]),
        instructions={name for name, _ in last},
    )


def context_files(context: Path) -> set[str]:
    """Return the paths below a folder that a builder gets, by its `.dockerignore`."""
    lines = (context / ".dockerignore").read_text("utf-8").splitlines()
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return exclude_paths(str(context), patterns)
