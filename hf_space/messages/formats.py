"""Numbers and dates as a language writes them, by the rules of the Unicode CLDR."""

from __future__ import annotations

import copy
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import NumberPattern, format_decimal, format_percent

from hf_space.messages.language import LOCALES, Language

# For numbers that are written as short as they are, such as scales in µm per pixel.
_MOST_DECIMALS: Final = 4
# CLDR's `minimumGroupingDigits`, which Babel does not have: "5000", but "50.000".
_SMALLEST_GROUPED: Final[dict[Language, int]] = {"en": 1_000, "es": 10_000}


def number(
    value: float, language: Language, *, decimals: int | None = None, signed: bool = False
) -> str:
    """Return a number as the language writes it.

    Args:
        value: The number.
        language: The reader's.
        decimals: How many are written; None: as many as it has, up to four.
        signed: Write a plus sign too.
    """
    fraction = (0, _MOST_DECIMALS) if decimals is None else (decimals, decimals)
    pattern = _with_decimals(LOCALES[language].decimal_formats[None], fraction)
    if signed:
        pattern.prefix = ("+", "-")
    grouped = abs(value) >= _SMALLEST_GROUPED[language]
    return format_decimal(value, format=pattern, locale=LOCALES[language], group_separator=grouped)


def percent(share: float, language: Language, *, decimals: int = 1) -> str:
    """Return a share of one as a percentage."""
    pattern = _with_decimals(LOCALES[language].percent_formats[None], (decimals, decimals))
    return format_percent(share, format=pattern, locale=LOCALES[language])


def day(iso: str, language: Language) -> str:
    """Return a day that is written as `2026-01-31`; other texts come back as they are."""
    try:
        parsed = date.fromisoformat(iso)
    except ValueError:
        return iso
    return format_date(parsed, "medium", locale=LOCALES[language])


def date_time(when: datetime, zone: str | None, language: Language) -> str:
    """Return a time as the reader's clock shows it; in UTC, and saying so, for an unknown zone.

    Args:
        when: The time, in UTC.
        zone: The reader's time zone, as IANA names it.
        language: The reader's.
    """
    try:
        local, suffix = when.astimezone(ZoneInfo(str(zone or ""))), ""
    except (ZoneInfoNotFoundError, ValueError, OSError):
        local, suffix = when, " UTC"
    locale = LOCALES[language]
    written = format_date(local, "medium", locale=locale)
    joined = str(get_datetime_format("medium", locale=locale))
    return joined.format(format_time(local, "short", locale=locale), written) + suffix


def _with_decimals(pattern: NumberPattern, decimals: tuple[int, int]) -> NumberPattern:
    changed = copy.copy(pattern)
    changed.frac_prec = decimals
    return changed
