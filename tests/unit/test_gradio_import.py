"""Gradio is imported without the stubs that it writes for editors."""

from __future__ import annotations

import inspect
from pathlib import Path

import gradio as gr
import pytest

from hf_space.ui.gradio_import import hidden_sources


def test_gradios_classes_have_no_source_while_it_is_imported() -> None:
    with hidden_sources():
        with pytest.raises(FileNotFoundError):
            inspect.getfile(gr.Button)
        assert Path(inspect.getfile(Path)).name == "pathlib.py"
    assert Path(inspect.getfile(gr.Button)).name == "button.py"
