"""The Hub's requirements for a card's front matter.

The real rules are not published as code: these follow its documentation, and where that leaves room
they take the stricter reading.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

_BLOCK = re.compile(r"\A---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.DOTALL | re.MULTILINE)
_LICENCES = frozenset(
    {
        *("afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bigscience-openrail-m", "bsd"),
        *("bsd-2-clause", "bsd-3-clause", "bsd-3-clause-clear", "bsl-1.0", "c-uda", "cc"),
        *("cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0"),
        *("cc-by-nc-4.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0", "cc-by-sa-3.0"),
        *("cc-by-sa-4.0", "cc0-1.0", "cdla-permissive-1.0", "cdla-permissive-2.0"),
        *("cdla-sharing-1.0", "creativeml-openrail-m", "ecl-2.0", "epl-2.0", "eupl-1.2", "gpl"),
        *("gpl-2.0", "gpl-3.0", "isc", "lgpl", "lgpl-2.1", "lgpl-3.0", "mit", "mpl-2.0"),
        *("odbl", "odc-by", "openrail", "osl-3.0", "other", "pddl", "postgresql", "unknown"),
        *("unlicense", "wtfpl", "zlib"),
    }
)
_SIZES = frozenset(
    {
        *("n<1K", "1K<n<10K", "10K<n<100K", "100K<n<1M", "1M<n<10M", "10M<n<100M"),
        *("100M<n<1B", "1B<n<10B", "10B<n<100B", "100B<n<1T", "n>1T"),
    }
)


@dataclass(frozen=True)
class Verdict:
    """The Hub's findings on a card.

    Attributes:
        errors: Why it is refused; empty if it is not.
        warnings: What it accepts but points out.
    """

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def judge(content: str, kind: str) -> Verdict:
    """Check the card of a "model", "dataset" or "space"."""
    try:
        data = front_matter(content)
    except yaml.YAMLError as error:
        return Verdict([f"Invalid YAML in the front matter: {error}"])
    if data is None and kind != "space":
        return Verdict(warnings=["empty or missing yaml metadata in repo card"])
    try:
        _CARDS[kind].model_validate(data or {})
    except ValidationError as error:
        return Verdict([f'"{_place(e["loc"])}": {e["msg"]}' for e in error.errors()])
    return Verdict()


def front_matter(content: str) -> dict[str, Any] | None:
    """Return the metadata at the start of a card, or None if there are none.

    Raises:
        YAMLError: They are not valid, or no mapping.
    """
    block = _BLOCK.match(content)
    data = yaml.safe_load(block[1]) if block else None
    if data is None:
        return None
    if not isinstance(data, dict):
        raise yaml.YAMLError("metadata should be a mapping")
    return data


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in location)


def _one_of(names: frozenset[str]) -> AfterValidator:
    def check(name: str) -> str:
        if name not in names:
            raise ValueError(f"{name!r} must be one of {sorted(names)}")
        return name

    return AfterValidator(check)


def _as_list(value: object) -> object:
    return value if isinstance(value, list) else [value]


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path!r} must be a path inside the repository")
    return path


_T = TypeVar("_T")
_Many = Annotated[list[_T], BeforeValidator(_as_list)]
_Licence = Annotated[str, _one_of(_LICENCES)]
_RepoId = Annotated[str, Field(pattern=r"^[\w.-]+(/[\w.-]+)?$")]
_Language = Annotated[str, Field(pattern=r"^[a-z][a-z-]+$")]
_Colour = Literal["red", "yellow", "green", "blue", "indigo", "purple", "pink", "gray"]
_Size = Annotated[str, _one_of(_SIZES)]


class _Rules(BaseModel):
    # Values are not guessed: `3.10` without quotes is the number 3.1, and an empty field is null.
    model_config = ConfigDict(strict=True, extra="allow")


class _Card(_Rules):
    license: _Many[_Licence] = []
    language: _Many[_Language] = []
    tags: list[str] = []


class _Task(_Rules):
    type: str


class _Dataset(_Rules):
    type: str
    name: str


class _Metric(_Rules):
    type: str
    value: int | float | str | Mapping[str, Any]


class _Result(_Rules):
    task: _Task
    dataset: _Dataset
    metrics: list[_Metric] = Field(min_length=1)


class _Entry(_Rules):
    name: str
    results: list[_Result] = Field(min_length=1)


class _ModelCard(_Card):
    library_name: str = ""
    pipeline_tag: str = ""
    datasets: _Many[_RepoId] = []
    base_model: _Many[_RepoId] = []
    metrics: list[str] = []
    entries: list[_Entry] = Field([], alias="model-index")


class _SplitFiles(_Rules):
    split: str
    path: _Many[str]


class _Config(_Rules):
    config_name: str
    data_files: _Many[str | _SplitFiles] = []


class _DatasetCard(_Card):
    pretty_name: str = ""
    task_categories: list[str] = []
    size_categories: _Many[_Size] = []
    configs: list[_Config] = []


class _SpaceCard(_Card):
    title: str = ""
    emoji: str = ""
    colorFrom: _Colour = "gray"
    colorTo: _Colour = "gray"
    sdk: Literal["gradio", "docker", "static", "streamlit"]
    sdk_version: str = Field("6.0.0", pattern=r"^\d+\.\d+\.\d+\w*$")
    python_version: str = Field("3.10", pattern=r"^3\.\d+(\.\d+)?$")
    app_file: Annotated[str, AfterValidator(_inside)] = "app.py"
    app_port: int = 7860
    short_description: str = Field("", max_length=60)
    models: list[_RepoId] = []
    datasets: list[_RepoId] = []
    preload_from_hub: list[
        Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+( [^ ]+( [0-9a-f]{40})?)?$")]
    ] = []
    pinned: bool = False
    startup_duration_timeout: str = Field("30m", pattern=r"^\d+[smh]$")


_CARDS: dict[str, type[_Card]] = {
    "model": _ModelCard,
    "dataset": _DatasetCard,
    "space": _SpaceCard,
}
