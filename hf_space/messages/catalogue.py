"""The texts of the demo, the API and the command line.

They are in `en.json` and `es.json`, in groups; a key joins the names of groups and text by dots, as
in `warning.blank`. A text that depends on a number has a form for each plural category of the
language.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from hf_space.messages.formats import number
from hf_space.messages.language import LANGUAGES, LOCALES, Language

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Message = str | dict[str, str]
"""A text, or its forms by plural category."""

_PLURAL_CATEGORIES: Final = frozenset({"zero", "one", "two", "few", "many", "other"})


def text(key: str, language: Language, *, count: int | None = None, **values: object) -> str:
    """Return the text of a key.

    Args:
        key: Names the text.
        language: The reader's.
        count: Chooses the plural form, and fills in `{count}`.
        **values: Fill in the other fields.

    Raises:
        KeyError: There is no such text, or a value or the count is missing.
    """
    message = _MESSAGES[language][key]
    if count is not None:
        values["count"] = number(count, language)
    if isinstance(message, str):
        return message.format(**values)
    if count is None:
        raise KeyError(f"{key} depends on a count")
    category = LOCALES[language].plural_form(count)
    return message.get(category, message["other"]).format(**values)


def text_or(key: str, language: Language, fallback: str) -> str:
    """Return the text of a key, or the fallback for an unknown key."""
    return text(key, language) if key in _MESSAGES[language] else fallback


def warning_message(code: str, language: Language = "en") -> str:
    """Return the text of a result's warning."""
    return text(f"warning.{code}", language)


def messages(language: Language) -> Mapping[str, Message]:
    """Return all texts of a language by key."""
    return _MESSAGES[language]


def translations() -> dict[Language, dict[str, str]]:
    """Return the texts by language, as `gradio.I18n` takes them: those without plural forms."""
    return {
        language: {key: found for key, found in texts.items() if isinstance(found, str)}
        for language, texts in _MESSAGES.items()
    }


def _read(language: Language) -> dict[str, Message]:
    path = Path(__file__).with_name(f"{language}.json")
    return dict(_flat(json.loads(path.read_text("utf-8"))))


def _flat(group: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Message]]:
    for name, entry in group.items():
        if isinstance(entry, str) or entry.keys() <= _PLURAL_CATEGORIES:
            yield prefix + name, entry
        else:
            yield from _flat(entry, f"{prefix}{name}.")


_MESSAGES: Final = {language: _read(language) for language in LANGUAGES}
