"""The files that the page's inputs offer and accept."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import gradio as gr

from hf_space.imaging.readers import suffixes

# Classes of the inputs for one image, and for many.
PICTURE, FILES = "bp-picture", "bp-many-files"
_SCRIPT: Final = (Path(__file__).parents[1] / "upload.js").read_text("utf-8").strip()


def build_file_picker(blocks: gr.Blocks) -> None:
    """Make the file inputs offer the formats that the service reads.

    `gradio.Image` has no such option. `gradio.File` refuses other dropped files with an English
    message, before the service can explain in the visitor's language what to do with them.
    """
    images = sorted(suffixes())
    accepts = {PICTURE: ",".join(images), FILES: ",".join([*images, ".zip"])}
    blocks.load(
        fn=None,
        js=f"() => {{ ({_SCRIPT})({json.dumps(accepts)}); }}",
        show_progress="hidden",
        api_visibility="private",
    )
