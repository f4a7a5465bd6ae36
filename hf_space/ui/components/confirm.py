"""A button that asks for confirmation."""

from __future__ import annotations

import json
from typing import Any

import gradio as gr


def build_confirmed(i18n: gr.I18n, key: str) -> gr.Button:
    """Add a button, its question, and the two answers; returns the button for yes.

    The question is a part of the page: browsers block dialogs in a frame of another site, such as a
    Space.

    Args:
        i18n: The demo's texts.
        key: The deleted thing, `record` or `history`.
    """
    ask = gr.Button(i18n(f"delete.{key}"), size="md")
    with gr.Column(visible=False, elem_classes="bp-sure", min_width=200) as question:
        gr.Markdown(i18n(f"delete.{key}_question"))
        with gr.Row():
            yes = gr.Button(i18n("delete.yes"), variant="stop", size="md", min_width=110)
            no = gr.Button(i18n("delete.cancel"), size="md", min_width=110)
    _show_on(ask, question, visible=True)
    for button in (yes, no):
        _show_on(button, question, visible=False)
    return yes


def _show_on(button: gr.Button, question: gr.Column, *, visible: bool) -> None:
    update: dict[str, Any] = {"__type__": "update", "visible": visible}
    button.click(
        fn=None,
        outputs=question,
        js=f"() => ({json.dumps(update)})",
        show_progress="hidden",
        api_visibility="private",
    )
