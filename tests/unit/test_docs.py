"""The documentation is correct: figures, endpoints, errors, settings, commands and links."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from operator import attrgetter
from pathlib import Path
from typing import get_args

import pytest
import typer
from typer.core import TyperCommand, TyperGroup

from hf_space.api.app import create_api
from hf_space.cli import app as service_app
from hf_space.deploy.command import app as deploy_app
from hf_space.errors import BiopsiaError, error_codes
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.history import HistoryQuery, ReviewRequest, StatisticsQuery
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import (
    ImageWarningCode,
    PredictionResult,
    RegionResult,
    SaveWarningCode,
)
from hf_space.settings import Settings
from tests.measured_bundle import write_measured_bundle
from training.cli import app as training_app
from training.evaluation.measured import Measured, measured_bundle
from training.release.card import CARD_FILE, render_card, write_card
from training.release.documents import BLOCKS, block_of, render_block, update_document

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "hf_space" / "model"
README = ROOT / "README.md"
OWN = [ROOT / f"{name}.md" for name in ("CONTRIBUTING", "CODE_OF_CONDUCT", "SECURITY")]
PAGES = sorted([README, *OWN, *(ROOT / "docs").rglob("*.md")])
API_PAGES = [ROOT / "docs" / f"{name}.md" for name in ("api", "api-history", "api-limits")]
API = "".join(page.read_text(encoding="utf-8") for page in API_PAGES)
DEPLOY = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
TRAINING = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
IDS = [str(page.relative_to(ROOT)) for page in PAGES]
SITE_SETTINGS = ROOT / "frontend" / "src" / "lib" / "settings.ts"
RENEW = "python -m training card hf_space/model" + "".join(
    f" --readme {page}" for page in ("README.md", "docs/model.md", "docs/deploy.md")
)


def stale(measured: Measured, card: Path, documents: list[Path]) -> list[str]:
    """Name what differs from the bundle's figures: the card, or a document's marked block."""
    found = [] if card.read_text(encoding="utf-8") == render_card(measured) else [str(card)]
    # The answer is measured on this machine, so it is compared with a tolerance.
    expected = {name: render_block(name, measured) for name in set(BLOCKS) - {"example"}}
    for document in documents:
        text = document.read_text(encoding="utf-8")
        if any(block_of(text, name) not in (None, block) for name, block in expected.items()):
            found.append(str(document))
    return found


@pytest.fixture
def committed() -> Measured:
    """The repository's own bundle."""
    return measured_bundle(MODEL)


def test_a_figure_that_differs_from_the_metrics_is_found(tmp_path: Path) -> None:
    measured = measured_bundle(write_measured_bundle(tmp_path / "bundle"))
    document = tmp_path / "page.md"
    document.write_text("<!-- figures --><!-- /figures -->")
    update_document(document, measured)
    card = write_card(measured)
    assert stale(measured, card, [document]) == []
    value = f"{measured.metrics['roc_auc']:.3f}"
    for path in (document, card):
        honest = path.read_text()
        path.write_text(honest.replace(value, "0.999"))
        assert stale(measured, card, [document]) == [str(path)]
        path.write_text(honest)


def test_the_committed_figures_are_those_of_the_metrics(committed: Measured) -> None:
    assert stale(committed, MODEL / CARD_FILE, PAGES) == [], f"run {RENEW}"


def test_the_readme_shows_what_the_committed_model_answers(committed: Measured) -> None:
    shown = block_of(README.read_text(encoding="utf-8"), "example") or ""
    for text, expected in zip(
        _json_blocks(shown), _json_blocks(render_block("example", committed)), strict=True
    ):
        found, wanted = json.loads(text), json.loads(expected)
        # Another processor may round the last digit differently.
        for values in (found, wanted):
            values.pop("predictions", None)
        assert found.pop("probability", 0) == pytest.approx(wanted.pop("probability", 0), abs=0.002)
        assert found == wanted


def test_the_pages_that_show_figures_still_have_their_blocks() -> None:
    wanted = {
        README: {"figures", "example"},
        ROOT / "docs" / "model.md": {"figures", "candidates", "cross_validation", "context"},
        ROOT / "docs" / "deploy.md": {"settings"},
    }
    for page, names in wanted.items():
        text = page.read_text(encoding="utf-8")
        assert {name for name in BLOCKS if block_of(text, name) is not None} == names


def test_nothing_is_left_to_be_filled() -> None:
    assert [page.name for page in PAGES if "TO BE FILLED" in page.read_text("utf-8")] == []


def _json_blocks(text: str) -> list[str]:
    return re.findall(r"```json\n(.*?)```", text, re.DOTALL)


def _errors(kind: type[BiopsiaError] = BiopsiaError) -> Iterator[type[BiopsiaError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _errors(child)


@pytest.mark.parametrize("error", sorted(set(_errors()), key=attrgetter("code", "__name__")))
def test_every_error_code_is_documented_with_its_status(error: type[BiopsiaError]) -> None:
    assert f"| {error.status} | `{error.code}` |" in API


def test_no_error_code_is_documented_that_does_not_exist() -> None:
    assert set(re.findall(r"^\| [45]\d\d \| `(\w+)` \|", API, re.MULTILINE)) == error_codes()


def test_every_route_is_documented() -> None:
    paths = create_api(Settings()).openapi()["paths"]
    routes = [f"`{method.upper()} {path}`" for path, item in paths.items() for method in item]
    assert len(routes) >= 5
    assert [route for route in routes if route not in API] == []


def test_a_setting_that_differs_from_the_code_is_found(tmp_path: Path) -> None:
    measured = measured_bundle(write_measured_bundle(tmp_path / "bundle"))
    card, document = write_card(measured), tmp_path / "page.md"
    document.write_text("<!-- settings --><!-- /settings -->")
    update_document(document, measured)
    assert stale(measured, card, [document]) == []
    document.write_text(document.read_text().replace("| `7860` |", "| `7861` |"))
    assert stale(measured, card, [document]) == [str(document)]


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_no_setting_is_documented_that_does_not_exist(page: Path) -> None:
    named = set(re.findall(r"BIOPSIA_[A-Z_]+[A-Z]", page.read_text(encoding="utf-8")))
    own = {f"BIOPSIA_{name.upper()}" for name in Settings.model_fields}
    assert named <= own | _site_settings() | {"BIOPSIA_IDC_DIR"}


def test_the_sites_settings_are_documented_where_they_are_needed() -> None:
    assert len(_site_settings()) == 4
    for page in ("site.md", "deploy.md"):
        text = (ROOT / "docs" / page).read_text(encoding="utf-8")
        assert [name for name in _site_settings() if f"| `{name}` |" not in text] == []


def test_every_option_field_and_warning_of_a_prediction_is_documented() -> None:
    models = (
        *(PredictOptions, PredictionResult, RegionResult, BatchItem),
        *(HistoryQuery, StatisticsQuery, ReviewRequest),
    )
    codes = (*get_args(ImageWarningCode), *get_args(SaveWarningCode))
    names = {*codes, *(name for model in models for name in model.model_fields)}
    assert [name for name in sorted(names) if f"`{name}`" not in API] == []


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_make_commands_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    code = " \n".join(_code(page.read_text(encoding="utf-8")))
    assert set(re.findall(r"\bmake (?:\w+=\S+ )*([a-z]+)", code)) <= targets


def test_every_make_command_is_documented() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    development = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    for target in re.findall(r"^([a-z]+):.*## ", makefile, re.MULTILINE):
        assert f"| `make {target}` |" in development


@pytest.mark.parametrize("page", PAGES, ids=IDS)
@pytest.mark.parametrize(
    ("module", "app"), [("training", training_app), ("hf_space", service_app)], ids=["t", "s"]
)
def test_commands_exist_with_their_options(page: Path, module: str, app: typer.Typer) -> None:
    for name, *arguments in _calls(page.read_text(encoding="utf-8"), module):
        assert _named(arguments) <= _options(app)[name]


def test_deployment_is_shown_with_options_that_exist() -> None:
    known = {option for parameter in _command(deploy_app).params for option in parameter.opts}
    for text in (README.read_text(encoding="utf-8"), DEPLOY):
        calls = _calls(text, "hf_space.deploy")
        assert calls
        assert all(_named(call) <= known for call in calls)


def test_every_training_command_is_shown() -> None:
    assert {call[0] for call in _calls(TRAINING, "training")} == set(_options(training_app))


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        path = (page.parent / target).resolve()
        assert path.exists(), target


def test_the_readmes_example_is_a_patch() -> None:
    named = re.findall(r"@(hf_space/examples/\S+\.png)", README.read_text(encoding="utf-8") + API)
    assert named
    assert all((ROOT / name).is_file() for name in named)


@pytest.mark.parametrize("page", sorted((ROOT / "docs" / "decisions").glob("*.md")))
def test_a_decision_is_short_and_says_why(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 15
    assert all(part in text for part in ("**Decision.**", "**Why.**", "**Consequence.**"))


def _code(text: str) -> list[str]:
    """Return fenced blocks, with continued lines joined, and inline code."""
    fenced = re.findall(r"```\w*\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return [block.replace("\\\n", " ") for block in fenced] + inline


def _calls(text: str, module: str) -> list[list[str]]:
    """Return the words after `python -m module` of each line of code."""
    start = f"-m {module} "
    lines = (line for code in _code(text) for line in code.splitlines())
    return [shlex.split(line.split(start, 1)[1], comments=True) for line in lines if start in line]


def _named(arguments: list[str]) -> set[str]:
    return {word for word in arguments if word.startswith("--")}


def _command(app: typer.Typer) -> TyperCommand | TyperGroup:
    command = typer.main.get_command(app)
    assert isinstance(command, TyperCommand | TyperGroup)
    return command


def _options(app: typer.Typer) -> dict[str, set[str]]:
    """Return the options of every command of an application."""
    group = _command(app)
    assert isinstance(group, TyperGroup)
    return {
        name: {option for parameter in command.params for option in parameter.opts}
        for name, command in group.commands.items()
    }


def _site_settings() -> set[str]:
    return set(re.findall(r"process\.env\.(\w+)", SITE_SETTINGS.read_text(encoding="utf-8")))
