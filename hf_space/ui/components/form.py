"""What the tabs that read one image share: the form on the left, the picture on the right."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from hf_space.bundle.calibration import OperatingPoint
from hf_space.errors import ModelUnavailableError
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
from hf_space.ui.backend import Backend
from hf_space.ui.components.examples import Example
from hf_space.ui.components.options_panel import Panel, build_panel
from hf_space.ui.gradio_app.uploads import offer, read_upload
from hf_space.ui.visitor import Visit, page_owner

# How the page is told to change a component, and leave the rest of it.
_UPDATE: Final = {"__type__": "update"}


@dataclass(frozen=True, slots=True)
class Form:
    """The left side of a tab."""

    image: gr.Image
    panel: Panel
    run: gr.Button
    visit: Visit

    def on_run(self, read: Callable[..., Any], outputs: list[Any]) -> None:
        """Call a handler with the image, the options and the token when the button is pressed."""
        call_on_run(
            self.run, self.image, self.panel, self.visit, read, outputs, scroll_to_output=True
        )


def build_form(
    backend: Backend, i18n: gr.I18n, visit: Visit, kind: str, examples: list[Example]
) -> Form:
    """Add an image input, the options, the button and the examples.

    Args:
        backend: Knows the operating points.
        i18n: The demo's texts.
        visit: Says whose history gets the result.
        kind: `image` or `region`.
        examples: To choose from; none are computed before somebody asks.
    """
    image = gr.Image(
        type="filepath",
        sources=["upload", "clipboard"],
        label=i18n(f"input.{kind}"),
        buttons=[],
        height=260,
        elem_classes="bp-picture",
    )
    run = gr.Button(i18n(f"run.{kind}"), variant="primary")
    panel = build_panel(backend, i18n)
    if examples:
        gr.Examples(
            examples,
            [image, panel.microns],
            # One column is shown as a gallery; the scale is set all the same.
            visible_columns=[0],
            label=i18n("input.examples"),
            cache_examples=False,
            api_visibility="private",
        )
    return Form(image, panel, run, visit)


def call_on_run(
    run: gr.Button,
    upload: gr.Image | gr.File,
    panel: Panel,
    visit: Visit,
    read: Callable[..., Any],
    outputs: list[Any],
    **more: Any,
) -> None:
    """Call a handler when the button is pressed; a result never outlives what it is about.

    Args:
        run: The button.
        upload: What is to be read; another one clears the outputs and ends the call.
        panel: The options; so does another choice of them.
        visit: Says whose history gets the result.
        read: Gets the upload, the options and the visitor's token.
        outputs: What it fills; they are cleared first, so that a failed call leaves nothing.
        **more: For the listener.
    """
    # The page handles the listeners of one event in their order, each when the last is done.
    clear = clearing(outputs)
    run.click(**clear)
    # Without preprocessing the handler gets the file as it was sent: Gradio would decode it, and
    # lose its scale and its type.
    inputs = [upload, *panel.inputs, visit.token]
    call = run.click(read, inputs, outputs, preprocess=False, api_visibility="private", **more)
    # What the page itself fills in when it opens is no choice; an example's scale is one.
    changes = [upload.change, panel.point.input, panel.threshold.input, panel.microns.change]
    for change in changes:
        change(fn=None, cancels=[call], api_visibility="private")
        change(**clear)


def clearing(outputs: list[Any]) -> dict[str, Any]:
    """Return a listener that clears components.

    The page does it by itself, at once: a busy or unreachable server cannot leave an old result.
    """
    return {
        "fn": None,
        "outputs": outputs,
        "js": f"() => {json.dumps([_empty(output) for output in outputs])}",
        "show_progress": "hidden",
        "api_visibility": "private",
    }


def _empty(output: Any) -> Any:
    """Return what clears an output, as the page takes it."""
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
        elem_classes=["bp-picture", "bp-result"],
    )


async def predict_upload(
    backend: Backend,
    upload: object,
    options: PredictOptions,
    visitor: tuple[object, gr.Request],
    on_progress: Callable[[int, int], None] | None = None,
) -> PredictionResult:
    """Compute the result for an uploaded file.

    Args:
        backend: Computes it.
        upload: The file.
        options: What was chosen; they say whether the result is saved.
        visitor: The token and the request that say for whom.
        on_progress: Told the tiles of a region done and in all.

    Raises:
        BiopsiaError: There is no result.
    """
    owner = page_owner(*visitor) if options.save else None
    data = await read_upload(upload, backend.settings.max_upload_bytes)
    predictor = backend.get_predictor()
    return await predictor.predict(data, options, owner=owner, on_progress=on_progress)


def applied_rule(backend: Backend, result: PredictionResult) -> OperatingPoint:
    """Return the threshold and the uncertain band that led to a result's verdict."""
    if result.operating_point is None:
        return _threshold_only(result)
    return backend.get_predictor().bundle.config.thresholds[result.operating_point]


def recorded_rule(backend: Backend, result: PredictionResult) -> OperatingPoint:
    """Return the rule of a saved result; without its band where that model is no longer loaded."""
    try:
        known = backend.get_predictor().model == result.model
    except ModelUnavailableError:
        known = False
    return applied_rule(backend, result) if known else _threshold_only(result)


def _threshold_only(result: PredictionResult) -> OperatingPoint:
    return OperatingPoint.without_band(result.threshold)


def jpeg_of(data_url: str | None) -> bytes | None:
    """Decode a drawing of the result."""
    return base64.b64decode(data_url.partition(",")[2]) if data_url else None


def drawing(name: str, data_url: str | None, alt_text: str, **more: Any) -> gr.Image:
    """Return a drawing as it came, with a text for those who cannot see it."""
    jpeg = jpeg_of(data_url)
    return gr.Image(value=offer(name, jpeg) if jpeg else None, alt_text=alt_text, **more)
