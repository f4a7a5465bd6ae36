"""Vercel builds the site from `frontend/` alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

FRONTEND = Path(__file__).parents[2] / "frontend"
_IMPORT = re.compile(r"""(?:from|import\(?)\s*["'](\.[^"']*)["']""")


def read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((FRONTEND / name).read_text(encoding="utf-8"))
    return content


def test_its_settings_are_known_and_name_what_is_there() -> None:
    settings = read("vercel.json")
    # Vercel refuses a file with keys that it does not know.
    assert settings.keys() == {"$schema", "framework", "installCommand", "buildCommand"}
    assert settings["framework"] == "nextjs"
    assert settings["installCommand"] == "npm ci"
    assert settings["buildCommand"].removeprefix("npm run ") in read("package.json")["scripts"]


def test_the_lock_file_is_that_of_the_package() -> None:
    package, locked = read("package.json"), read("package-lock.json")["packages"][""]
    # Otherwise `npm ci` fails.
    for part in ("dependencies", "devDependencies", "engines"):
        assert locked[part] == package[part]


def test_node_is_bounded_above() -> None:
    # An open range would move the live site to a new Node.js on the day Vercel offers it.
    assert re.fullmatch(r">=20\.9 <\d+", read("package.json")["engines"]["node"])


def test_the_site_imports_nothing_from_outside() -> None:
    sources = [*FRONTEND.glob("*.ts"), *(FRONTEND / "src").rglob("*.ts*")]
    assert len(sources) > 100
    outside = [
        (str(source), target)
        for source in sources
        for target in _IMPORT.findall(source.read_text(encoding="utf-8"))
        if not (source.parent / target).resolve().is_relative_to(FRONTEND)
    ]
    assert outside == []
    assert [path for path in (FRONTEND / "public").rglob("*") if path.is_symlink()] == []
