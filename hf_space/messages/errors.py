"""An error's text for a visitor, with the values from its details."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from hf_space.messages.catalogue import text, text_or
from hf_space.messages.formats import duration, number

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hf_space.messages.language import Language

# The count and the other values of each sentence; sentences that need more values come first.
_VALUES: Final[dict[str, tuple[str | None, tuple[str, ...]]]] = {
    "pixels": ("max_pixels", ("width", "height")),
    "max_pixels": ("max_pixels", ()),
    "bytes": (None, ("bytes", "max_bytes")),
    "files": ("files", ("max_files",)),
    "max_files": ("max_files", ()),
    "microns_per_pixel": (None, ("microns_per_pixel",)),
    "rate": ("limit", ("retry_after_seconds",)),
}
# The label of each option that visitors can type.
_LABELS: Final = {
    "threshold": "options.threshold",
    "microns_per_pixel": "options.microns",
    "note": "review.note",
}
_BYTES_PER_MB: Final = 1_000_000


def error_message(code: str, message: str, details: Mapping[str, Any], language: Language) -> str:
    """Return the text of an error, with its values and the page's labels; plain text.

    Args:
        code: The error's.
        message: The service's own, in English; English visitors get it if the details have no
            values.
        details: The error's.
        language: The visitor's.
    """
    kind = details.get("format")
    if isinstance(kind, str):
        return unsupported_format(kind, language)
    general = text_or(f"error.{code}", language, message)
    more = _options(details, language) or _values(details, language)
    if more:
        return f"{general} {more}"
    return message if language == "en" else general


def unsupported_format(name: str, language: Language) -> str:
    """Return a text that a kind of file is not supported, and what to do instead.

    Args:
        name: The kind, in English, as in the error's details.
        language: The reader's.
    """
    general = text("unsupported.any", language, format=name)
    kind = re.sub(r"\W+", "_", name).lower()
    return text_or(f"unsupported.{kind}", language, general)


def _options(details: Mapping[str, Any], language: Language) -> str:
    """Return the refused options, by the page's labels, with their allowed values."""
    sentences = []
    for entry in details.get("fields") or ():
        name, label = entry["field"], _LABELS.get(entry["field"])
        if label:
            sentence = f"{text(label, language)}: {text(f'option.{name}', language)}."
        else:
            sentence = f"{name or 'request'}: {entry['message']}."
        sentences.append(sentence)
    return " ".join(sentences)


def _values(details: Mapping[str, Any], language: Language) -> str:
    for key, (counted, names) in _VALUES.items():
        needed = names if counted is None else (counted, *names)
        if all(isinstance(details.get(name), int | float) for name in needed):
            values = {name: _written(name, details[name], language) for name in names}
            count = details[counted] if counted else None
            return text(f"error_detail.{key}", language, count=count, **values)
    return ""


def _written(name: str, value: float, language: Language) -> str:
    if name.endswith("bytes"):
        return number(value / _BYTES_PER_MB, language, decimals=2)
    if name.endswith("seconds"):
        return duration(value, language)
    return number(value, language)
