"""The tab that reads one image."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from typing import Any

import gradio as gr

from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.schemas.prediction import PredictionResult
from hf_space.ui.backend import Backend, errors_shown
from hf_space.ui.components.examples import Example
from hf_space.ui.components.form import (
    Asked,
    build_form,
    build_picture,
    drawing,
    upload_prediction,
)
from hf_space.ui.components.live_map import live_values
from hf_space.ui.components.options_panel import Panel
from hf_space.ui.components.result_html import evidence_grid, verdict_card
from hf_space.ui.components.review import build_review, review_values
from hf_space.ui.gradio_app.shown_files import Offers
from hf_space.ui.image_scale import StatedScale
from hf_space.ui.rendering import paragraph
from hf_space.ui.visitor import Visit, language_of


def build_image_tab(
    backend: Backend, i18n: gr.I18n, visit: Visit, examples: list[Example]
) -> Panel:
    """Add the tab's content; returns its options panel."""
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            form = build_form(backend, i18n, visit, "image", examples)
        with gr.Column(scale=3, min_width=300):
            overlay = build_picture(i18n("picture.overlay"), height=460)
            card = gr.HTML()
            grid = gr.HTML()
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
            prediction = upload_prediction(backend, image, asked, (token, request))
            offers = backend.offers(token, request)
            show = partial(_shown, language=language, offers=offers)
            steps = live_values(prediction, language, offers, show, len(outputs))
            async with aclosing(steps) as shown:
                async for values in shown:
                    yield values

    outputs = [overlay, card, grid, *review.outputs]
    form.on_run(read, outputs)
    return form.panel


def _shown(result: PredictionResult, language: Language, offers: Offers) -> list[Any]:
    """Return the values of the right side, in its order."""
    more = evidence_grid(result.gradcam.grid, language)
    shown = drawing("overlay", result, result.gradcam.overlay, language, offers)
    if result.region:
        more = paragraph(text("result.is_region", language), "bp-facts")
        shown = drawing("heatmap", result, result.region.heatmap, language, offers)
    return [shown, verdict_card(result, language), more, *review_values(result)]
