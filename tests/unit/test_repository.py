"""The project's files for contributors and GitHub."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

import hf_space
from tests.linters import complaints
from tests.server import ROOT

GITHUB = ROOT / ".github"
FORMS = sorted(set(GITHUB.glob("ISSUE_TEMPLATE/*.yml")) - {GITHUB / "ISSUE_TEMPLATE/config.yml"})


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.dependabot", [GITHUB / "dependabot.yml"]),
        ("vendor.github-issue-forms", FORMS),
        ("vendor.github-issue-config", [GITHUB / "ISSUE_TEMPLATE" / "config.yml"]),
        ("vendor.citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_files_have_the_form_of_their_specification(schema: str, files: list[Path]) -> None:
    assert files
    assert complaints("check-jsonschema", "--builtin-schema", schema, *map(str, files)) == ""


def test_dependabot_looks_where_dependencies_are_named() -> None:
    updates = yaml.safe_load((GITHUB / "dependabot.yml").read_text("utf-8"))["updates"]
    places = {
        (update["package-ecosystem"], place)
        for update in updates
        for place in update.get("directories", [update.get("directory")])
    }
    assert {kind for kind, _ in places} == {"pip", "npm", "github-actions", "docker"}
    manifests = {"pip": "requirements.txt", "npm": "package-lock.json", "docker": "Dockerfile"}
    for kind, place in places - {("github-actions", "/")}:
        assert (ROOT / place.strip("/") / manifests[kind]).is_file()


def test_commits_are_checked_by_the_commands_of_make_check() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    (repository,) = config["repos"]
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipe = re.search(r"^check:.*\n((?:\t.*\n)+)", makefile, re.MULTILINE)
    assert recipe
    checked = [line.replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    assert len(repository["hooks"]) == len(checked)
    for hook, line in zip(repository["hooks"], checked, strict=True):
        words = shlex.split(hook["entry"].replace(" --prefix frontend", ""))
        assert " ".join(word for word in words if not word.startswith("-")) in line


def test_one_version_is_told_everywhere() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", hf_space.__version__)
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == hf_space.__version__


def test_the_changelog_has_versions_with_the_kinds_of_change_that_its_form_knows() -> None:
    text = (ROOT / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert versions[-1].startswith("0.1.0")
    assert all(
        re.fullmatch(r"Unreleased|\d+\.\d+\.\d+( - \d{4}-\d\d-\d\d)?", each) for each in versions
    )
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
