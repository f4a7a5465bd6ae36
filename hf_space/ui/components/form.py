"""Shared by the tabs that read one image: the form on the left, the picture on the right."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr
from anyio import to_thread

from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.prediction.streaming import Steps, followed_prediction
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
from hf_space.ui.backend import Backend, chosen_options
from hf_space.ui.components.examples import Example, example_digests
from hf_space.ui.components.file_picker import PICTURE
from hf_space.ui.components.options_panel import Panel, build_panel
from hf_space.ui.components.scale_question import ask_for_scale, build_question
from hf_space.ui.gradio_app.shown_files import Offers
from hf_space.ui.gradio_app.uploads import read_upload, uploaded_path
from hf_space.ui.image_scale import Headers, StatedScale, read_header
from hf_space.ui.visitor import Visit, language_of, page_owner

# Marks an update that changes some properties of a component and keeps the others.
_UPDATE: Final = {"__type__": "update"}
_DRAWINGS: Final = {"heatmap": "heatmap.jpg", "overlay": "evidence.jpg"}


@dataclass(frozen=True, slots=True)
class Asked:
    """The visitor's options beside the upload, as the page sends them.

    Attributes:
        point: The chosen operating point, or that of an own threshold.
        threshold: As it was typed.
        save: Whether the result is saved in the visitor's history.
        scale: The stated scale.
    """

    point: str | None
    threshold: str | None
    save: object
    scale: StatedScale

    def options(self, microns: str | None, **more: Any) -> PredictOptions:
        """Return the options at a scale; raises InvalidOptionsError."""
        return chosen_options(self.point, self.threshold, microns, self.save, **more)


@dataclass(frozen=True, slots=True)
class Run:
    """The button that starts a call, and the one that ends it, shown while it runs."""

    start: gr.Button
    cancel: gr.Button


@dataclass(frozen=True, slots=True)
class Form:
    """The left side of a tab."""

    image: gr.Image
    panel: Panel
    run: Run
    visit: Visit

    def on_run(self, read: Callable[..., Any], outputs: list[Any]) -> None:
        """Call a handler with the image, the options and the token when the button is pressed."""
        call_on_run(
            self.run, self.image, self.panel, self.visit, read, outputs, scroll_to_output=True
        )


def build_form(
    backend: Backend, i18n: gr.I18n, visit: Visit, kind: str, examples: list[Example]
) -> Form:
    """Add an image input, the question for its scale, the button, the options and the examples.

    Args:
        backend: Knows the operating points.
        i18n: The demo's texts.
        visit: Says whose history gets the result.
        kind: `image` or `region`.
        examples: Images to choose from; they are computed only when chosen.
    """
    image = gr.Image(
        type="filepath",
        sources=["upload", "clipboard"],
        label=i18n(f"input.{kind}"),
        buttons=[],
        height=260,
        elem_classes=PICTURE,
    )
    scale = build_question(i18n)
    run = build_run(i18n, kind)
    ask_for_scale(scale, backend, image, run.start)
    panel = build_panel(backend, i18n, scale)
    if examples:
        gr.Examples(
            examples,
            [image],
            label=i18n("input.examples"),
            cache_examples=False,
            api_visibility="private",
        )
    return Form(image, panel, run, visit)


def build_run(i18n: gr.I18n, kind: str) -> Run:
    """Add the buttons of a tab; ``kind`` is `image`, `region` or `batch`."""
    with gr.Row():
        start = gr.Button(i18n(f"run.{kind}"), variant="primary", scale=3, min_width=160)
        cancel = gr.Button(i18n("run.cancel"), visible=False, scale=1, min_width=100)
    return Run(start, cancel)


def call_on_run(
    run: Run,
    upload: gr.Image | gr.File,
    panel: Panel,
    visit: Visit,
    read: Callable[..., Any],
    outputs: list[Any],
    **more: Any,
) -> None:
    """Call a handler when the button is pressed; a result is cleared when its input changes.

    Args:
        run: The buttons.
        upload: The file; another one clears the outputs and ends the call.
        panel: The options; changing them does the same.
        visit: Says whose history gets the result.
        read: Gets the upload, the options and the visitor's token.
        outputs: The outputs it fills; they are cleared first, so that a failed call leaves none.
        **more: For the listener.
    """
    # The page runs the listeners of an event in order, one after another.
    clear, end = clearing(outputs), _visible(run.cancel, is_so=False)
    run.start.click(**clear)
    run.start.click(**_visible(run.cancel, is_so=True))
    # Without preprocessing the handler gets the file as sent: Gradio would decode it, and lose its
    # scale and its type.
    inputs = [upload, *panel.inputs, visit.token]
    call = run.start.click(
        read, inputs, outputs, preprocess=False, api_visibility="private", **more
    )
    # Outputs shown before a failure are not a result.
    call.failure(**clear)
    call.then(**end)
    # Values that the page fills in itself are not the visitor's choice.
    choices = [panel.point.input, panel.threshold.input, *panel.scale.changes]
    for change in (upload.change, *choices, run.cancel.click):
        change(fn=None, cancels=[call], api_visibility="private")
        change(**clear)
        change(**end)


def clearing(outputs: list[Any]) -> dict[str, Any]:
    """Return a listener that clears components.

    It runs in the page, at once, so that no old result remains while the server is busy or
    unreachable.
    """
    return {
        "fn": None,
        "outputs": outputs,
        "js": f"() => {json.dumps([_empty(output) for output in outputs])}",
        "show_progress": "hidden",
        "api_visibility": "private",
    }


def _visible(button: gr.Button, *, is_so: bool) -> dict[str, Any]:
    """Return a listener that shows or hides a button, in the page like `clearing`."""
    update = json.dumps({**_UPDATE, "visible": is_so})
    return clearing([button]) | {"js": f"() => ({update})"}


def _empty(output: Any) -> Any:
    """Return the update that clears an output."""
    if isinstance(output, gr.HTML | gr.Textbox):
        return ""
    if isinstance(output, gr.DownloadButton):
        return {**_UPDATE, "value": None, "interactive": False}
    if isinstance(output, gr.Column):
        return {**_UPDATE, "visible": False}
    # Buttons keep their labels.
    return _UPDATE if isinstance(output, gr.Button) else None


def build_picture(label: Any, height: int) -> gr.Image:
    """Add a large picture."""
    return gr.Image(
        label=label,
        interactive=False,
        height=height,
        buttons=["download", "fullscreen"],
        elem_classes=[PICTURE, "bp-result"],
    )


@asynccontextmanager
async def upload_prediction(
    backend: Backend,
    upload: object,
    asked: Asked,
    visitor: tuple[object, gr.Request],
    *,
    mode: str = "auto",
) -> AsyncIterator[Steps]:
    """Start the prediction for an uploaded file and yield its steps.

    Args:
        backend: Computes it.
        upload: The file.
        asked: The chosen options.
        visitor: The token and the request that identify the visitor.
        mode: How the image is read.

    Raises:
        BiopsiaError: The file or the options cannot be used, or too many images wait.
        gradio.Error: The scale is needed and was not stated, or an unlikely one not confirmed.
    """
    settings = backend.settings
    path = uploaded_path(upload)
    async with backend.file_room(path, visitor[1]):
        data = await read_upload(upload, settings.max_upload_bytes)
        digests = example_digests(settings.model_dir)
        digest = await to_thread.run_sync(lambda: hashlib.sha256(data).hexdigest())
        # Examples are files of the page.
        if digest not in digests:
            backend.offers(*visitor).note(path, digest)
        header = await to_thread.run_sync(read_header, data, settings, digests)
        options = asked.options(asked.scale.option(header), mode=mode)
        check_scale([header], asked.scale, language_of(visitor[1]))
        owner = page_owner(*visitor) if options.save else None
        sender, predictor = backend.sender(visitor[1]), backend.get_predictor()
        async with followed_prediction(
            predictor, data, options, owner=owner, sender=sender
        ) as steps:
            yield steps


def check_scale(headers: Headers, stated: StatedScale, language: Language) -> None:
    """Refuse images whose scale must be stated or confirmed first.

    The page disables its button until then; this catches a click that was faster.

    Raises:
        gradio.Error: Says what is missing.
    """
    if problem := stated.problem(headers):
        raise gr.Error(
            text(f"scale.{problem}", language),
            title=text("page.error", language),
            print_exception=False,
        )


def jpeg_of(data_url: str) -> bytes:
    """Decode a drawing."""
    return base64.b64decode(data_url.partition(",")[2])


def drawing(
    kind: str,
    result: PredictionResult,
    data_url: str | None,
    language: Language,
    offers: Offers,
    **more: Any,
) -> gr.Image:
    """Return a drawing unchanged, with a title and a text for screen readers.

    Args:
        kind: `heatmap` or `overlay`.
        result: The result it shows; both texts say so if there is no verdict.
        data_url: The drawing.
        language: The visitor's.
        offers: Makes it available to the visitor.
        **more: For the component.
    """
    texts = [text(f"picture.{key}", language) for key in (kind, f"{kind}_alt")]
    if result.verdict == "not_assessable":
        # At the start, which a narrow screen does not cut off.
        mark = text("result.no_verdict", language)
        texts = [f"{mark[0].upper()}{mark[1:]}: {each}" for each in texts]
    value = None
    if data_url:
        value = offers.write(_DRAWINGS[kind], jpeg_of(data_url), result.image.sha256)
    return gr.Image(value=value, label=texts[0], alt_text=texts[1], **more)
