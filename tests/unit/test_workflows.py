"""The workflows: their permissions, and that they work as described."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.linters import complaints
from tests.server import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
RELEASE = ROOT / ".github" / "workflows" / "release.yml"


def jobs(workflow: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
    return found


def steps(workflow: Path) -> list[dict[str, Any]]:
    return [step for job in jobs(workflow).values() for step in job.get("steps", [])]


def with_token(job: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for step in job.get("steps", []) if "HF_TOKEN" in step.get("env", {})]


def test_zizmor_finds_nothing_in_the_workflows() -> None:
    assert complaints("zizmor", "--offline", "--no-progress", ".github") == ""


def test_the_workflows_have_the_form_of_their_specification() -> None:
    files = map(str, WORKFLOWS)
    assert (
        complaints("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *files) == ""
    )


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit_and_say_their_version(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text("utf-8"))
    assert used
    for action in used:
        own = action == "$/.github/workflows/test.yml"
        assert own or re.fullmatch(r"actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_may_do_nothing_but_read_the_code(workflow: Path) -> None:
    assert yaml.safe_load(workflow.read_text("utf-8"))["permissions"] == {}
    assert all(job["permissions"] in ({}, {"contents": "read"}) for job in jobs(workflow).values())
    checkouts = [step for step in steps(workflow) if "checkout@" in step.get("uses", "")]
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_no_text_from_outside_becomes_a_command(workflow: Path) -> None:
    assert not [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")]


def test_the_token_is_there_for_two_commands_and_behind_a_protected_environment() -> None:
    for name, job in jobs(RELEASE).items():
        assert len(with_token(job)) == (name in {"publish", "deploy"})
        assert "secrets" not in job
        assert not with_token(job) or job["environment"] == "hugging-face"
    others = set(WORKFLOWS) - {RELEASE}
    assert not [path.name for path in others if "secrets." in path.read_text("utf-8")]


def test_nothing_is_released_that_has_not_passed_the_tests() -> None:
    release = jobs(RELEASE)
    assert release["test"]["uses"] == "$/.github/workflows/test.yml"
    assert "test" in release["publish"]["needs"]
    assert release["deploy"]["needs"] == "publish"


@pytest.mark.parametrize("name", ["publish", "deploy"])
def test_a_release_calls_commands_as_they_are(name: str) -> None:
    (step,) = with_token(jobs(RELEASE)[name])
    interpreter, *words = re.findall(r"\S+", step["run"].partition(" --")[0])
    # Without the arguments, which are paths.
    command = [sys.executable, *(word for word in words if "/" not in word), "--help"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603
    assert interpreter == "python"
    options = set(re.findall(r" (--[\w-]+)", step["run"]))
    assert options <= set(re.findall(r"--[\w-]+", done.stdout))
    assert set(re.findall(r"\$(\w+)", step["run"])) <= set(step["env"])


@pytest.mark.parametrize(
    ("repositories", "outcome"),
    [
        (("me/model", "me/space"), "named=true\n"),
        (("me/model", ""), "::notice::Nothing is released: set the repository variables"),
        (("", ""), "::notice::Nothing is released: set the repository variables"),
    ],
)
def test_a_fork_is_told_what_to_set(
    tmp_path: Path, repositories: tuple[str, str], outcome: str
) -> None:
    (look,) = jobs(RELEASE)["targets"]["steps"]
    output = tmp_path / "output"
    output.touch()
    model, space = repositories
    done = subprocess.run(  # noqa: S603 -- our own workflow
        ["/bin/bash", "-e", "-c", look["run"]],
        env={"HF_MODEL_REPO": model, "HF_SPACE": space, "GITHUB_OUTPUT": str(output)},
        check=True,
        capture_output=True,
        text=True,
    )
    assert (done.stdout + output.read_text("utf-8")).startswith(outcome)


def test_what_the_project_depends_on_is_audited_every_week() -> None:
    audit = ROOT / ".github" / "workflows" / "audit.yml"
    # YAML 1.1 takes the key `on` for true.
    triggers = yaml.safe_load(audit.read_text("utf-8"))[True]
    [weekly] = triggers["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \d", weekly["cron"])
    commands = [step["run"] for step in steps(audit) if "run" in step]
    assert commands[1:] == [
        "python -m pip_audit --disable-pip --require-hashes --requirement requirements.lock.txt",
        "npm audit --package-lock-only",
    ]
    assert (ROOT / "requirements.lock.txt").exists()
    assert (ROOT / "frontend" / "package-lock.json").exists()
