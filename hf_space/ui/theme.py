"""The demo's theme: a neutral background, one haematoxylin violet, system fonts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import gradio as gr

STYLE_SHEET: Final = Path(__file__).parent / "style.css"
FAVICON: Final = Path(__file__).parent / "favicon.svg"

_HAEMATOXYLIN: Final = gr.themes.Color(
    name="haematoxylin",
    c50="#f4f3fb",
    c100="#e8e5f6",
    c200="#d0cbec",
    c300="#b0a8dd",
    c400="#8b80c9",
    c500="#6a5db3",
    c600="#54479c",
    c700="#44397f",
    c800="#352d63",
    c900="#272148",
    c950="#19152f",
)


def demo_theme() -> gr.themes.Base:
    """Return the theme; it uses system fonts, so no fonts are fetched."""
    return gr.themes.Base(
        primary_hue=_HAEMATOXYLIN,
        secondary_hue=_HAEMATOXYLIN,
        neutral_hue="gray",
        radius_size="sm",
        font=("system-ui", "sans-serif"),
        font_mono=("ui-monospace", "monospace"),
    ).set(
        body_background_fill="#f7f7f8",
        body_text_color_subdued="*neutral_600",
        block_info_text_color="*neutral_600",
        block_shadow="none",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_text_color="white",
    )
