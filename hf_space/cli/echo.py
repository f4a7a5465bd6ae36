"""Print lines that contain file names, which may have any characters."""

from __future__ import annotations

import typer


def shown(message: str) -> str:
    r"""Return a line with line breaks, text direction marks and unencodable characters escaped.

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
