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
    # The choices change with the image, which a restarted service does not know.
    "preprocess": False,
}
# How the page is told to change a component, and leave the rest of it.
_HIDDEN: Final[dict[str, Any]] = {"__type__": "update", "visible": False}
_ENABLED: Final[dict[str, Any]] = {"__type__": "update", "interactive": True}


@dataclass(frozen=True, slots=True)
class ScaleQuestion:
    """The components.

    Attributes:
        summary: What the file says of its scale.
        choice: What the visitor says.
        typed: µm per pixel, for those who know it.
        field: How much tissue the image then shows.
        sure: Confirms an unlikely field.
        headers: What the page holds of the files' headers.
        for_batch: Whether it is about many images.
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
        """What `StatedScale` takes, in its order."""
        return [self.choice, self.typed, self.sure]

    @property
    def changes(self) -> list[Callable[..., Any]]:
        """The events by which a visitor states another scale."""
        return [self.choice.input, self.typed.input]

    @property
    def shown(self) -> list[Any]:
        """What an inspected upload fills, in its order."""
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
    """Ask about each upload, and let nothing be sent before there is an answer where one is needed.

    Args:
        question: The components.
        backend: Knows the limits of files, and the examples.
        upload: What is asked about.
        run: Sends it; disabled while the scale is missing.
    """
    asking = _Asking(backend, for_batch=question.for_batch)
    said = [question.headers, question.choice, question.typed]
    # At once and in the page: a scale must never be used for an image it was not stated for.
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
    # The field is no output here: a result must not meddle with what is being typed.
    question.typed.input(asking.weigh_typed, said, [question.field, question.sure, run], **_QUIET)
    question.sure.input(asking.weigh_sure, [*said, question.sure], run, **_QUIET)


class _Asking:
    """Handlers of the question; they take what the page sends as it is."""

    def __init__(self, backend: Backend, *, for_batch: bool) -> None:
        self._backend = backend
        self._for_batch = for_batch

    async def inspect_image(self, upload: object, request: gr.Request) -> list[Any]:
        """Return what the page says about an image, before anything is chosen."""
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
        """Return what the page says about the images of a batch."""
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
        """Return what a choice leads to; a new one must be confirmed anew."""
        weighed = self._weighed(
            headers, StatedScale(choice, typed, for_batch=self._for_batch), request
        )
        return [gr.Textbox(visible=choice == TYPED), *weighed]

    def weigh_typed(
        self, headers: object, choice: object, typed: object, request: gr.Request
    ) -> list[Any]:
        """Return what a typed scale leads to; a new one must be confirmed anew."""
        return self._weighed(
            headers, StatedScale(choice, typed, for_batch=self._for_batch), request
        )

    def weigh_sure(self, headers: object, choice: object, typed: object, sure: object) -> gr.Button:
        """Let an unlikely field be sent once it is confirmed."""
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
    """Return the state without an image, as the page takes it."""
    return ["", None, {**_HIDDEN, "value": ""}, "", {**_HIDDEN, "value": False}, "", _ENABLED]
