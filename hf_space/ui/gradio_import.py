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
    """Make Gradio's classes look as if they had no source file, like interactive ones.

    When Gradio defines a component, it parses its source and writes a `.pyi` file beside it, which
    takes 1.5 s of processor time at each start. A class without a file gets none.
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
