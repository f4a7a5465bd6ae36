"""An error in a visitor's words, with the values that its details carry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from hf_space.messages.texts import Language, number, text, text_or

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hf_space.schemas.errors import ErrorBody

# What each sentence takes; the ones that need more come before those that need less.
_VALUES: Final[dict[str, tuple[str, ...]]] = {
    "pixels": ("width", "height", "max_pixels"),
    "max_pixels": ("max_pixels",),
    "bytes": ("bytes", "max_bytes"),
    "files": ("files", "max_files"),
    "max_files": ("max_files",),
    "microns_per_pixel": ("microns_per_pixel",),
    "rate": ("limit", "retry_after_seconds"),
}
# The panel's name of each option that a visitor can type.
_LABELS: Final = {"threshold": "threshold", "microns_per_pixel": "microns", "note": "review_note"}
_BYTES_PER_MB: Final = 1_000_000


def error_words(body: ErrorBody, language: Language) -> str:
    """Return what went wrong, by how much, and where on the page; plain text.

    Where there are no values to tell, an English visitor gets the service's own words.
    """
    general = text_or(f"error.{body.code}", language, body.message)
    more = _options(body.details, language) or _values(body.details, language)
    if more:
        return f"{general} {more}"
    return body.message if language == "en" else general


def _options(details: Mapping[str, Any], language: Language) -> str:
    """Name the options that were refused, as the page does, and say what they take."""
    sentences = []
    for entry in details.get("fields") or ():
        name, label = entry["field"], _LABELS.get(entry["field"])
        if label:
            words = f"{text(label, language)}: {text(f'option.{name}', language)}."
        else:
            words = f"{name or 'request'}: {entry['message']}."
        sentences.append(words)
    return " ".join(sentences)


def _values(details: Mapping[str, Any], language: Language) -> str:
    for key, names in _VALUES.items():
        if all(isinstance(details.get(name), int | float) for name in names):
            values = {name: _written(name, details[name], language) for name in names}
            return text(f"detail.{key}", language, **values)
    return ""


def _written(name: str, value: float, language: Language) -> str:
    if name.endswith("bytes"):
        return number(value / _BYTES_PER_MB, language, ",.2f")
    return number(value, language, "g" if isinstance(value, float) else ",d")
