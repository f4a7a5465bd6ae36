"""HTML from the templates in `templates/`, which escape every value."""

from __future__ import annotations

import base64
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from hf_space.messages.catalogue import text
from hf_space.messages.formats import number, probability

if TYPE_CHECKING:
    from hf_space.messages.language import Language


def render(template: str, language: Language, **values: object) -> str:
    """Return the HTML of a template.

    Args:
        template: Its file's name without the ending.
        language: The visitor's; in a template `t`, `number` and
            `probability` write in it.
        **values: Other values of the template.

    Raises:
        UndefinedError: The template needs a missing value.
    """
    found = _ENVIRONMENT.get_template(f"{template}.html")
    bound = {"t": partial(_text, language), "number": partial(_number, language)}
    bound["probability"] = partial(_probability, language)
    return found.render(**bound, **values)


def paragraph(content: str, style: str, **attributes: str) -> str:
    """Return a paragraph.

    Args:
        content: Its text.
        style: Its class.
        **attributes: Others; an underscore stands for a hyphen.
    """
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    template = _ENVIRONMENT.get_template("paragraph.html")
    return template.render(content=content, style=style, attributes=named)


def data_url(content: bytes, media_type: str) -> str:
    """Return a picture as a data URL.

    The browser's requests for pictures could not send a visitor's token, and this way no folder of
    the server has to be readable by visitors.
    """
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _text(language: Language, key: str, *, count: int | None = None, **values: object) -> str:
    return text(key, language, count=count, **values)


def _number(
    language: Language, value: float, *, decimals: int | None = None, signed: bool = False
) -> str:
    return number(value, language, decimals=decimals, signed=signed)


def _probability(language: Language, value: float) -> str:
    return probability(value, language)


def _share(value: float) -> str:
    """Return a share of one as a length in CSS."""
    return f"{value:.2%}"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = _share
    return environment


_ENVIRONMENT: Final = _environment()
