"""Print lines that hold names of files, which may hold anything."""

from __future__ import annotations

import typer


def shown(message: str) -> str:
    r"""Return a line in which what would break it, turn it round or not be encoded is escaped.

    Example:
        >>> shown("a\nb\u202e\udcff.svs")
        'a\\nb\\u202e\\udcff.svs'
    """
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in message
    )


def echo(message: str, *, err: bool = False) -> None:
    """Print one line, as `shown` has it."""
    typer.echo(shown(message), err=err)
