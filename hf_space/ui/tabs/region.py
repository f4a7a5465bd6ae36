"""The tab that reads a region tile by tile."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any

import gradio as gr

from hf_space.exports.formats import FORMATS, ExportFormat
from hf_space.messages.language import Language
from hf_space.schemas.prediction import PredictionResult
from hf_space.ui.backend import Backend, errors_shown
from hf_space.ui.components.examples import Example
from hf_space.ui.components.form import (
    Asked,
    build_form,
    build_picture,
    drawing,
    jpeg_of,
    upload_prediction,
)
from hf_space.ui.components.live_map import live_values
from hf_space.ui.components.options_panel import Panel
from hf_space.ui.components.result_html import region_figures, tile_table, verdict_card
from hf_space.ui.components.review import build_review, review_values
from hf_space.ui.gradio_app.uploads import offer, place_to_offer
from hf_space.ui.image_scale import StatedScale
from hf_space.ui.visitor import Visit, language_of


def build_region_tab(
    backend: Backend, i18n: gr.I18n, visit: Visit, examples: list[Example]
) -> Panel:
    """Add the tab's content; returns its options panel."""
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            form = build_form(backend, i18n, visit, "region", examples)
        with gr.Column(scale=3, min_width=300):
            heatmap = build_picture(i18n("picture.heatmap"), height=420)
            card = gr.HTML()
            figures = gr.HTML()
            overlay = build_picture(i18n("picture.overlay"), height=420)
            tiles = gr.HTML()
            with gr.Row():
                labels = (*(each.label for each in FORMATS.values()), str(i18n("download.heatmap")))
                downloads = [
                    gr.DownloadButton(label, interactive=False, min_width=140) for label in labels
                ]
            review = build_review(backend, i18n, visit)

    async def read(
        image: object,
        point: str | None,
        threshold: str | None,
        save: object,
        choice: object,
        typed: object,
        sure: object,
        token: object,
        request: gr.Request,
    ) -> AsyncGenerator[list[Any], None]:
        language = language_of(request)
        with errors_shown(language):
            asked = Asked(point, threshold, save, StatedScale(choice, typed, sure))
            prediction = upload_prediction(backend, image, asked, (token, request), mode="region")
            show = partial(_shown, language=language)
            async with aclosing(live_values(prediction, language, show, len(outputs))) as shown:
                async for values in shown:
                    yield values

    outputs = [heatmap, card, figures, overlay, tiles, *downloads, *review.outputs]
    form.on_run(read, outputs)
    return form.panel


def _shown(result: PredictionResult, language: Language) -> list[Any]:
    """Return the values of the right side, in its order."""
    heatmap = result.region.heatmap if result.region else None
    return [
        drawing("heatmap", result, heatmap, language),
        verdict_card(result, language),
        region_figures(result, language),
        drawing("overlay", result, result.gradcam.overlay, language),
        tile_table(result, language),
        *(export(result, each) for each in FORMATS.values()),
        download("biopsia_heatmap.jpg", jpeg_of(heatmap) if heatmap else None),
        *review_values(result),
    ]


def export(result: PredictionResult, chosen: ExportFormat) -> gr.DownloadButton:
    """Return a button that offers a result as a file."""
    path = place_to_offer(chosen.file_name(result))
    with path.open("wb") as file:
        file.writelines(chosen.chunks(result))
    return gr.DownloadButton(value=str(path), interactive=True)


def download(name: str, content: bytes | None) -> gr.DownloadButton:
    """Return a button that offers a file; it stays grey where there is none."""
    if content is None:
        return gr.DownloadButton(interactive=False)
    return gr.DownloadButton(value=offer(name, content), interactive=True)
