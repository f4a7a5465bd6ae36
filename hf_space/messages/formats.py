"""Numbers and dates as a language writes them, by the rules of the Unicode CLDR."""

from __future__ import annotations

import copy
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_time, get_datetime_format
from babel.numbers import NumberPattern, format_decimal, format_percent

from hf_space.messages.language import LOCALES, Language

# For numbers that are written without trailing zeros, such as scales in µm per pixel.
_MOST_DECIMALS: Final = 4
_SECOND: Final = 1_000
_MINUTE: Final = 60
# From here on tenths of a second are omitted.
_WHOLE_SECONDS: Final = 10
_MILLIMETRE: Final = 1_000.0
# Half of the last decimal of a probability.
_LEAST: Final = 0.0005
# CLDR's `minimumGroupingDigits`, which Babel does not have: "5000", but "50.000".
_SMALLEST_GROUPED: Final[dict[Language, int]] = {"en": 1_000, "es": 10_000}


def number(
    value: float, language: Language, *, decimals: int | None = None, signed: bool = False
) -> str:
    """Return a number as the language writes it.

    Args:
        value: The number.
        language: The reader's.
        decimals: Number of decimals; None: as many as it has, up to four.
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


def duration(seconds: float, language: Language) -> str:
    """Return a time span in the unit that fits: ms below a second, then s, from a minute on min.

    Args:
        seconds: The time span, at least 0.
        language: The reader's.
    """
    milliseconds = round(seconds * 1000)
    if milliseconds < _SECOND:
        return f"{number(milliseconds, language)} ms"
    # Rounded first, so that 59.96 s becomes a minute and not 60 s.
    tenths = round(seconds, 1) if seconds < _WHOLE_SECONDS else round(seconds)
    if tenths < _MINUTE:
        return f"{number(tenths, language)} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    whole = f"{number(minutes, language)} min"
    return f"{whole} {rest} s" if rest else whole


def probability(value: float, language: Language) -> str:
    """Return a probability with three decimals; never as 0 or 1, since no model is certain."""
    limits = ((value < _LEAST, "< ", 0.001), (value >= 1.0 - _LEAST, "> ", 0.999))
    sign, shown = next(((sign, end) for holds, sign, end in limits if holds), ("", value))
    return sign + number(shown, language, decimals=3)


def field_size(width: float, height: float, language: Language) -> str:
    """Return the size of a field of view, in mm from a tenth of a millimetre on.

    Args:
        width: µm across.
        height: µm down.
        language: The reader's.
    """
    longer = max(width, height)
    if longer < _MILLIMETRE / 10:
        return f"{_significant(width, 0, language)} × {_significant(height, 0, language)} µm"
    decimals = sum(longer < limit * _MILLIMETRE for limit in (1, 10)) + 1
    sides = (_significant(side / _MILLIMETRE, decimals, language) for side in (width, height))
    return f"{' × '.join(sides)} mm"


def day(iso: str, language: Language) -> str:
    """Format a day given as `2026-01-31`; other texts are returned unchanged."""
    try:
        parsed = date.fromisoformat(iso)
    except ValueError:
        return iso
    return format_date(parsed, "medium", locale=LOCALES[language])


def date_time(when: datetime, zone: str | None, language: Language) -> str:
    """Return a time in the reader's zone; for an unknown zone in UTC, labelled as such.

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


def _significant(value: float, decimals: int, language: Language) -> str:
    """Return a number with few decimals, or as many as it needs not to become 0."""
    rounded = round(value, decimals)
    return number(rounded or round(value, _MOST_DECIMALS), language)


def _with_decimals(pattern: NumberPattern, decimals: tuple[int, int]) -> NumberPattern:
    changed = copy.copy(pattern)
    changed.frac_prec = decimals
    return changed
