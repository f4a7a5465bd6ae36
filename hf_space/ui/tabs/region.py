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
from hf_space.ui.gradio_app.shown_files import Offers
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
            offers = backend.offers(token, request)
            show = partial(_shown, language=language, offers=offers)
            steps = live_values(prediction, language, offers, show, len(outputs))
            async with aclosing(steps) as shown:
                async for values in shown:
                    yield values

    outputs = [heatmap, card, figures, overlay, tiles, *downloads, *review.outputs]
    form.on_run(read, outputs)
    return form.panel


def _shown(result: PredictionResult, language: Language, offers: Offers) -> list[Any]:
    """Return the values of the right side, in its order."""
    heatmap = result.region.heatmap if result.region else None
    return [
        drawing("heatmap", result, heatmap, language, offers),
        verdict_card(result, language),
        region_figures(result, language),
        drawing("overlay", result, result.gradcam.overlay, language, offers),
        tile_table(result, language),
        *(export(result, each, offers) for each in FORMATS.values()),
        _heatmap_download(result, heatmap, offers),
        *review_values(result),
    ]


def export(result: PredictionResult, chosen: ExportFormat, offers: Offers) -> gr.DownloadButton:
    """Return a button that offers a result as a file."""
    path = offers.place(chosen.file_name(result), result.image.sha256)
    with path.open("wb") as file:
        file.writelines(chosen.chunks(result))
    return download(str(path))


def download(path: str | None) -> gr.DownloadButton:
    """Return a button that offers a file; it is disabled if there is none."""
    return gr.DownloadButton(value=path, interactive=path is not None)


def _heatmap_download(
    result: PredictionResult, heatmap: str | None, offers: Offers
) -> gr.DownloadButton:
    if heatmap is None:
        return download(None)
    return download(offers.write("biopsia_heatmap.jpg", jpeg_of(heatmap), result.image.sha256))
