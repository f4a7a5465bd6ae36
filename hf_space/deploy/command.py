"""The command that publishes the service as a Gradio Space."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from huggingface_hub import HfApi, SpaceHardware

from hf_space.bundle.load import load_bundle
from hf_space.deploy.folder import APP_FILE, HubModel, SpaceError, committed, write_space
from hf_space.deploy.hub import HubError, check_name, commit_folder, connect, explained
from hf_space.deploy.space import SpacePlan, check_given, find_model, prepare_space
from hf_space.deploy.waiting import wait_until_ready
from hf_space.errors import BundleError
from hf_space.schemas.model import ModelState

_MAIN: Final = "main"
# Building takes minutes, and the first start downloads the model.
_TIMEOUT_SECONDS: Final = 1200.0

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def deploy(
    *,
    space: Annotated[str | None, typer.Option(help="The Space, owner/name.")] = None,
    model: Annotated[
        str | None,
        typer.Option(help="Bundle on the Hub, owner/name; else the bundled one goes along."),
    ] = None,
    revision: Annotated[
        str, typer.Option(help="Its branch, tag or commit; the Space stays at that commit.")
    ] = _MAIN,
    private: Annotated[bool, typer.Option("--private", help="Create it for its owner.")] = False,
    variable: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, a setting; everybody may read it.")
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option(help="NAME of a secret; its value is the environment variable NAME."),
    ] = None,
    hardware: Annotated[
        SpaceHardware | None, typer.Option(help="What it runs on; else as it is.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=1, help="Seconds to wait until it answers.")
    ] = _TIMEOUT_SECONDS,
    dry_run: Annotated[
        Path | None, typer.Option(help="Only write the Space's files to this new folder.")
    ] = None,
) -> None:
    """Upload the service to a Space, set its variables and secrets, wait until it answers.

    Only what differs is written. Variables and secrets that are not named stay as they are.
    """
    try:
        variables, secrets = _pairs(variable or []), _from_environment(secret or [])
        check_given(variables, secrets)
        if space is None and dry_run is None:
            raise SpaceError("which Space? name it with --space owner/name")
        for name in (space, model):
            if name is not None:
                check_name(name)
        if model is None and revision != _MAIN:
            raise SpaceError("--revision is one of a --model")
        source = committed() if dry_run is None else None
        api = HfApi() if dry_run else connect()
        found = find_model(api, model, revision) if model else None
        plan = SpacePlan(space or "", found, private, hardware, variables, secrets)
        if dry_run:
            _rehearse(plan, dry_run)
        else:
            _publish(api, plan, f"Deploy {source}", timeout)
    except (HubError, SpaceError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error


def _rehearse(plan: SpacePlan, folder: Path) -> None:
    """Write the files, and print what would be set."""
    count = write_space(folder, plan.model)
    typer.echo(f"{count} files are in {folder}")
    for name, value in plan.settings().items():
        typer.echo(f"variable {name} would " + ("not be set" if value is None else f"be {value}"))
    for name in plan.secrets:
        typer.echo(f"secret {name} would be set")


def _publish(api: HfApi, plan: SpacePlan, message: str, timeout: float) -> None:
    """Create or update the Space, and print its address."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "space"
        write_space(folder, plan.model)
        is_expected = _expectation(plan.model, folder)
        prepare_space(api, plan, typer.echo)
        with explained(plan.name):
            commit = _commit(api, plan.name, folder, message)
    ready = wait_until_ready(api, plan.name, commit, is_expected, timeout=timeout, tell=typer.echo)
    model = ready.model
    origin = f", {model.repo} at {model.commit}" if model.repo else ""
    typer.echo(f"{ready.address} answers with {model.name} {model.revision}{origin}")
    typer.echo(f"its page: {api.endpoint}/spaces/{plan.name}")


def _commit(api: HfApi, space: str, folder: Path, message: str) -> str:
    """Upload a folder if it differs from the Space; return the Space's commit."""
    try:
        commit = commit_folder(
            api, space, folder, repo_type="space", mark=APP_FILE, message=message
        )
    except ValueError as error:
        raise SpaceError(f"the Hub does not take the card: {error}") from error
    if commit:
        typer.echo(f"uploaded as {commit}")
        return commit
    typer.echo("its files are up to date")
    return str(api.space_info(space).sha)


def _expectation(model: HubModel | None, folder: Path) -> Callable[[ModelState], bool]:
    """Return a function that checks whether a service has the planned model."""
    if model:
        return lambda state: (state.repo, state.commit) == (model.repo, model.commit)
    try:
        revision = load_bundle(folder / "hf_space" / "model").config.revision
    except BundleError as error:
        raise SpaceError(f"the bundled model cannot be published: {error}") from error
    return lambda state: (state.source, state.revision) == ("bundled", revision)


def _pairs(entries: list[str]) -> dict[str, str]:
    """Return the parts of NAME=VALUE."""
    pairs = {}
    for entry in entries:
        name, equals, value = entry.partition("=")
        if not (name and equals):
            raise SpaceError(f"--variable {name}: write NAME=VALUE")
        pairs[name] = value
    return pairs


def _from_environment(names: list[str]) -> dict[str, str]:
    """Return the values of environment variables, so that secrets are not on the command line."""
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        # The text after an equals sign may be the secret itself.
        name = missing[0].partition("=")[0]
        raise SpaceError(f"--secret {name}: set the environment variable {name} to its value")
    return {name: os.environ[name] for name in names}
