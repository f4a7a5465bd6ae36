"""The question for the scale, between the image and the button that sends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gradio as gr
from anyio import to_thread

from hf_space.errors import BiopsiaError
from hf_space.messages.errors import error_message
from hf_space.schemas.errors import error_body
from hf_space.ui.components.examples import example_digests
from hf_space.ui.components.scale_text import (
    Choices,
    batch_summary,
    field_summary,
    image_summary,
    scale_choices,
)
from hf_space.ui.gradio_app.batch_files import batch_images
from hf_space.ui.gradio_app.uploads import read_upload, uploaded_name, uploaded_path
from hf_space.ui.image_scale import (
    OF_FILE,
    TYPED,
    Header,
    StatedScale,
    packed_headers,
    read_header,
    read_headers,
    unpacked_headers,
)
from hf_space.ui.rendering import paragraph
from hf_space.ui.visitor import language_of

if TYPE_CHECKING:
    from hf_space.messages.language import Language
    from hf_space.ui.backend import Backend

_QUIET: Final[dict[str, Any]] = {
    "show_progress": "hidden",
    "trigger_mode": "always_last",
    "api_visibility": "private",
    # The choices depend on the image, which a restarted service does not know.
    "preprocess": False,
}
# Marks an update that changes some properties of a component and keeps the others.
_HIDDEN: Final[dict[str, Any]] = {"__type__": "update", "visible": False}
_ENABLED: Final[dict[str, Any]] = {"__type__": "update", "interactive": True}


@dataclass(frozen=True, slots=True)
class ScaleQuestion:
    """The components.

    Attributes:
        summary: The scale that the file states.
        choice: The visitor's choice.
        typed: µm per pixel, typed by the visitor.
        field: Size of the field of view at that scale.
        sure: Confirms an unlikely field.
        headers: Data from the files' headers, kept in the page.
        for_batch: Whether it is for many images.
    """

    summary: gr.HTML
    choice: gr.Radio
    typed: gr.Textbox
    field: gr.HTML
    sure: gr.Checkbox
    headers: gr.Textbox
    for_batch: bool

    @property
    def inputs(self) -> list[Any]:
        """Inputs of `StatedScale`, in its order."""
        return [self.choice, self.typed, self.sure]

    @property
    def changes(self) -> list[Callable[..., Any]]:
        """The events by which a visitor states another scale."""
        return [self.choice.input, self.typed.input]

    @property
    def shown(self) -> list[Any]:
        """Outputs of an inspected upload, in order."""
        return [self.summary, self.choice, self.typed, self.field, self.sure, self.headers]


def build_question(i18n: gr.I18n, *, for_batch: bool = False) -> ScaleQuestion:
    """Add the question; its choices are filled when the page loads."""
    with gr.Group(elem_classes="bp-scale-question"):
        summary = gr.HTML()
        choice = gr.Radio(
            [],
            label=i18n("scale.batch_question" if for_batch else "scale.question"),
            info=i18n("scale.batch_info" if for_batch else "scale.info"),
            elem_classes="bp-scale-choice",
        )
        # Gradio's number fields make a silent 0 or 1 of what they cannot read, such as `0,5`.
        typed = gr.Textbox(
            label=i18n("options.microns"),
            max_lines=1,
            max_length=12,
            visible=False,
            elem_classes="bp-microns",
        )
        field = gr.HTML()
        sure = gr.Checkbox(
            value=False, label=i18n("scale.sure"), visible=False, elem_classes="bp-scale-sure"
        )
        headers = gr.Textbox(visible=False)
    return ScaleQuestion(summary, choice, typed, field, sure, headers, for_batch)


def ask_for_scale(
    question: ScaleQuestion, backend: Backend, upload: gr.Image | gr.File, run: gr.Button
) -> None:
    """Ask about each upload, and allow sending only once a needed answer is given.

    Args:
        question: The components.
        backend: Knows the limits of files, and the examples.
        upload: The upload.
        run: Sends it; disabled while the scale is missing.
    """
    asking = _Asking(backend, for_batch=question.for_batch)
    said = [question.headers, question.choice, question.typed]
    # At once and in the page: a scale must never be used for another image.
    upload.change(
        fn=None,
        outputs=[*question.shown, run],
        js=f"() => {json.dumps(_reset())}",
        show_progress="hidden",
        api_visibility="private",
    )
    inspect = asking.inspect_batch if question.for_batch else asking.inspect_image
    upload.change(inspect, upload, [*question.shown, run], **_QUIET)
    question.choice.input(
        asking.weigh_choice, said, [question.typed, question.field, question.sure, run], **_QUIET
    )
    # The field is not an output here: a result must not change a field that is being typed in.
    question.typed.input(asking.weigh_typed, said, [question.field, question.sure, run], **_QUIET)
    question.sure.input(asking.weigh_sure, [*said, question.sure], run, **_QUIET)


class _Asking:
    """Handlers of the question; they get the page's raw input."""

    def __init__(self, backend: Backend, *, for_batch: bool) -> None:
        self._backend = backend
        self._for_batch = for_batch

    async def inspect_image(self, upload: object, request: gr.Request) -> list[Any]:
        """Return the page's texts for an image before anything is chosen."""
        language, settings = language_of(request), self._backend.settings
        if upload is None:
            return self._shown([], "", language)
        try:
            data = await read_upload(upload, settings.max_upload_bytes)
            examples = example_digests(settings.model_dir)
            header = await to_thread.run_sync(read_header, data, settings, examples)
        except BiopsiaError as error:
            return self._shown([], _problem(error, language), language)
        return self._shown([header], image_summary(header, language), language)

    async def inspect_batch(self, uploads: object, request: gr.Request) -> list[Any]:
        """Return the page's texts for the images of a batch."""
        language, settings = language_of(request), self._backend.settings
        if not isinstance(uploads, list) or not uploads:
            return self._shown([], "", language)
        try:
            with ExitStack() as stack:
                paths = [(uploaded_name(each), uploaded_path(each)) for each in uploads]
                images = await batch_images(paths, settings, stack)
                examples = example_digests(settings.model_dir)
                names = [image.name for image in images]
                found = await to_thread.run_sync(read_headers, images, settings, examples)
        except BiopsiaError as error:
            return self._shown([], _problem(error, language), language)
        readable = [header for header in found if header]
        return self._shown(readable, batch_summary(found, names, language), language)

    def weigh_choice(
        self, headers: object, choice: object, typed: object, request: gr.Request
    ) -> list[Any]:
        """Return the state after a choice; a new choice must be confirmed again."""
        weighed = self._weighed(
            headers, StatedScale(choice, typed, for_batch=self._for_batch), request
        )
        return [gr.Textbox(visible=choice == TYPED), *weighed]

    def weigh_typed(
        self, headers: object, choice: object, typed: object, request: gr.Request
    ) -> list[Any]:
        """Return the state after a typed scale; a new one must be confirmed again."""
        return self._weighed(
            headers, StatedScale(choice, typed, for_batch=self._for_batch), request
        )

    def weigh_sure(self, headers: object, choice: object, typed: object, sure: object) -> gr.Button:
        """Allow an unlikely field to be sent once it is confirmed."""
        stated = StatedScale(choice, typed, sure, self._for_batch)
        return gr.Button(interactive=stated.problem(unpacked_headers(headers)) is None)

    def _shown(self, headers: list[Header], summary: str, language: Language) -> list[Any]:
        choices: Choices = scale_choices(headers, language, with_file=not self._for_batch)
        has_own = OF_FILE in dict(choices).values()
        choice = OF_FILE if has_own else None
        stated = StatedScale(choice, "", for_batch=self._for_batch)
        field, sure, run = self._judged(headers, stated, language)
        return [
            summary,
            gr.Radio(choices=choices, value=choice),
            gr.Textbox(value="", visible=False),
            field,
            sure,
            packed_headers(headers),
            run,
        ]

    def _weighed(self, headers: object, stated: StatedScale, request: gr.Request) -> list[Any]:
        return self._judged(unpacked_headers(headers), stated, language_of(request))

    def _judged(self, headers: list[Header], stated: StatedScale, language: Language) -> list[Any]:
        problem = stated.problem(headers)
        return [
            field_summary(headers, stated, language),
            gr.Checkbox(value=False, visible=problem == "unconfirmed"),
            gr.Button(interactive=problem is None),
        ]


def _problem(error: BiopsiaError, language: Language) -> str:
    body = error_body(error)
    message = error_message(body.code, body.message, body.details, language)
    return paragraph(f"{message} ({body.code})", "bp-facts bp-bad", role="status")


def _reset() -> list[Any]:
    """Return the state without an image."""
    return ["", None, {**_HIDDEN, "value": ""}, "", {**_HIDDEN, "value": False}, "", _ENABLED]
