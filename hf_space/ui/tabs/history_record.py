"""One record of the history: its drawings, its verdict, and its reviews."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr
from anyio import to_thread

from hf_space.errors import UnknownRecordError
from hf_space.prediction.response import draw_saved
from hf_space.ui.backend import errors_shown
from hf_space.ui.components.confirm import build_confirmed
from hf_space.ui.components.form import build_picture, drawing
from hf_space.ui.components.history_html import record_facts, review_list
from hf_space.ui.components.result_html import region_figures, verdict_card
from hf_space.ui.components.review import ReviewBox, build_review, record_id, review_values
from hf_space.ui.visitor import language_of, page_owner

if TYPE_CHECKING:
    from hf_space.messages.language import Language
    from hf_space.schemas.prediction import PredictionResult
    from hf_space.ui.backend import Backend
    from hf_space.ui.gradio_app.shown_files import Offers
    from hf_space.ui.visitor import Visit


@dataclass(frozen=True, slots=True)
class RecordView:
    """The components of one record.

    Attributes:
        backend: Finds and deletes the record.
        box: The whole view; hidden until a record is chosen.
        drawn: Outputs of `_drawn`, in its order.
        review: Its reviews; holds its id.
        delete: Deletes it after confirmation.
    """

    backend: Backend
    box: gr.Column
    drawn: list[Any]
    review: ReviewBox
    delete: gr.Button

    @property
    def outputs(self) -> list[Any]:
        """Outputs of `show`, in its order."""
        return [self.box, *self.drawn, *self.review.outputs]

    async def show(
        self, token: str, zone: str, request: gr.Request, event: gr.EventData
    ) -> list[Any]:
        """Return the record that was chosen from the list."""
        language, history = language_of(request), self.backend.history
        with errors_shown(language):
            saved = await history.record(page_owner(token, request), record_id(event.id))
            record = await to_thread.run_sync(draw_saved, saved)
            result = record.result
            reviews = review_list(record.reviews, self.backend.label_verdicts(), zone, language)
            return [
                gr.Column(visible=True),
                verdict_card(result, language),
                *_drawn(result, language, self.backend.offers(token, request)),
                record_facts(result, zone, language),
                *review_values(result, reviews),
            ]

    async def forget(self, record: str, token: str, request: gr.Request) -> None:
        """Delete the displayed record."""
        with errors_shown(language_of(request)), suppress(UnknownRecordError):
            await self.backend.history.delete(page_owner(token, request), record_id(record))


def build_record(backend: Backend, i18n: gr.I18n, visit: Visit) -> RecordView:
    """Add the view, hidden until `show` fills it."""
    with gr.Column(visible=False, elem_classes="bp-record") as box:
        card = gr.HTML()
        heatmap = build_picture(i18n("picture.heatmap"), height=380)
        overlay = build_picture(i18n("picture.overlay"), height=380)
        figures = gr.HTML()
        facts = gr.HTML()
        review = build_review(backend, i18n, visit)
        delete = build_confirmed(i18n, "record")
    return RecordView(backend, box, [card, heatmap, overlay, figures, facts], review, delete)


def _drawn(result: PredictionResult, language: Language, offers: Offers) -> list[Any]:
    """Return the drawings and figures; a patch has no heat map."""
    heatmap = result.region.heatmap if result.region else None
    return [
        drawing("heatmap", result, heatmap, language, offers, visible=heatmap is not None),
        drawing("overlay", result, result.gradcam.overlay, language, offers),
        region_figures(result, language),
    ]
