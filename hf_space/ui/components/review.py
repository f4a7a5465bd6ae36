"""The buttons of a review, under a fresh result and in the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import gradio as gr

from hf_space.errors import UnknownRecordError
from hf_space.schemas.history import MAX_NOTE_LENGTH, Opinion, ReviewRequest
from hf_space.ui.backend import errors_shown, validated
from hf_space.ui.components.history_html import review_list
from hf_space.ui.visitor import language_of, page_owner

if TYPE_CHECKING:
    from collections.abc import Callable

    from gradio.events import Dependency

    from hf_space.bundle.calibration import Verdict
    from hf_space.schemas.prediction import PredictionResult
    from hf_space.ui.backend import Backend
    from hf_space.ui.visitor import Visit

# Meaning of each button: the opinion, and the verdict in place of the model's.
_CHOICES: Final[dict[str, tuple[Opinion, Verdict | None]]] = {
    "agree": ("agree", None),
    "malignant": ("disagree", "malignant"),
    "benign": ("disagree", "benign"),
    "unsure": ("unsure", None),
}


@dataclass(frozen=True, slots=True)
class ReviewBox:
    """The component.

    Attributes:
        box: The whole component; hidden while there is nothing to review.
        record: Id of the reviewed record.
        malignant: Disagrees with a verdict other than malignant.
        benign: Disagrees with a verdict other than benign.
        note: Free text.
        reviews: Those given so far.
        given: Called after a review.
    """

    box: gr.Column
    record: gr.Textbox
    malignant: gr.Button
    benign: gr.Button
    note: gr.Textbox
    reviews: gr.HTML
    given: list[Dependency]

    @property
    def outputs(self) -> list[Any]:
        """Outputs of `review_values`, in its order."""
        return [self.box, self.record, self.malignant, self.benign, self.note, self.reviews]


def build_review(backend: Backend, i18n: gr.I18n, visit: Visit) -> ReviewBox:
    """Add the component, hidden until `review_values` names a record."""
    record = gr.Textbox(visible=False)
    with gr.Column(visible=False, elem_classes="bp-review") as box:
        gr.Markdown(i18n("review.title"), elem_classes="bp-title")
        reviews = gr.HTML()
        note = gr.Textbox(
            label=i18n("review.note"),
            info=i18n("review.note_info"),
            lines=2,
            max_lines=6,
            max_length=MAX_NOTE_LENGTH,
        )
        with gr.Row():
            buttons = {
                key: gr.Button(i18n(f"review.{key}"), size="md", min_width=130) for key in _CHOICES
            }
    inputs = [record, note, visit.token, visit.zone]
    given = [
        button.click(
            _giver(backend, *_CHOICES[key]),
            inputs,
            [note, reviews],
            show_progress="minimal",
            api_visibility="private",
        )
        for key, button in buttons.items()
    ]
    malignant, benign = buttons["malignant"], buttons["benign"]
    return ReviewBox(box, record, malignant, benign, note, reviews, given)


def review_values(result: PredictionResult, reviews: str = "") -> list[gr.Column | gr.Button | str]:
    """Return the updates for reviewing a result; the component stays hidden if it was not saved.

    Args:
        result: The result. A reviewer who disagrees names another verdict: the other class, or
            either one for an uncertain verdict.
        reviews: Those given so far, as HTML.
    """
    return [
        gr.Column(visible=result.saved),
        str(result.id) if result.saved else "",
        gr.Button(visible=result.verdict != "malignant"),
        gr.Button(visible=result.verdict != "benign"),
        "",
        reviews,
    ]


def record_id(text: object) -> UUID:
    """Return the id that the page sent; raises UnknownRecordError if it is not an id."""
    try:
        return UUID(str(text))
    except ValueError as error:
        raise UnknownRecordError("There is no such record in your history.") from error


def _giver(backend: Backend, opinion: Opinion, verdict: Verdict | None) -> Callable[..., Any]:
    """Return a handler that adds one review."""

    async def give(
        record: str, note: str | None, token: str, zone: str, request: gr.Request
    ) -> tuple[str, str]:
        language = language_of(request)
        with errors_shown(language):
            labels = backend.get_predictor().bundle.config.verdict_labels
            asked = validated(
                ReviewRequest,
                opinion=opinion,
                label=labels[verdict] if verdict else None,
                note=(note or "").strip() or None,
            )
            owner, identifier = page_owner(token, request), record_id(record)
            await backend.history.review(owner, identifier, asked, labels)
            saved = await backend.history.record(owner, identifier)
            reviews = saved.record.reviews
            return "", review_list(reviews, backend.label_verdicts(), zone, language)

    return give
