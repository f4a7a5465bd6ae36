"""Imports Gradio without the stubs that it writes for editors."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


def import_gradio() -> None:
    """Import Gradio; later imports find it loaded."""
    with hidden_sources():
        import gradio  # noqa: F401


@contextmanager
def hidden_sources() -> Iterator[None]:
    """Let Gradio's classes seem to have no file, as those that are typed in have none.

    As Gradio defines a component it parses its source and writes a `.pyi` beside it, 1.5 s of a
    processor at each start; a class without a file gets none.
    """
    find = inspect.getfile

    def find_others(object: Any) -> str:
        if isinstance(object, type) and object.__module__.startswith("gradio."):
            raise FileNotFoundError(object.__module__)
        return find(object)

    inspect.getfile = find_others
    try:
        yield
    finally:
        inspect.getfile = find
