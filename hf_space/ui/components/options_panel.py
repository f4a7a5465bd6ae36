"""The options beside each image: operating point, own threshold, and whether to save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import gradio as gr

from hf_space.errors import InvalidOptionsError, ModelUnavailableError
from hf_space.messages.catalogue import text
from hf_space.messages.formats import number, percent
from hf_space.messages.language import Language
from hf_space.prediction.model_report import model_report
from hf_space.schemas.model import ModelReport, ThresholdFigures
from hf_space.ui.backend import OWN_THRESHOLD, Backend, chosen_options
from hf_space.ui.components.result_html import point_name
from hf_space.ui.components.scale_question import ScaleQuestion
from hf_space.ui.components.scale_text import scale_choices
from hf_space.ui.rendering import paragraph
from hf_space.ui.visitor import language_of

# Measured thresholds have few digits, so a typed one is either equal or another threshold.
_SAME: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Panel:
    """The components of one options panel."""

    point: gr.Radio
    threshold: gr.Textbox
    figures: gr.HTML
    save: gr.Checkbox
    scale: ScaleQuestion

    @property
    def inputs(self) -> list[Any]:
        """Inputs of a handler beside the upload, in the order of `asked_options`."""
        return [self.point, self.threshold, self.save, *self.scale.inputs]

    @property
    def filled(self) -> list[Any]:
        """Outputs of `panel_values`, in its order."""
        return [self.point, self.threshold, self.figures, self.scale.choice]


def build_panel(backend: Backend, i18n: gr.I18n, scale: ScaleQuestion) -> Panel:
    """Add an options panel; its choices are filled when the page loads."""
    with gr.Group():
        point = gr.Radio(
            [], label=i18n("options.operating_point"), info=i18n("options.operating_point_info")
        )
        # Gradio's number fields silently turn unreadable input, such as `0,5`, into 0 or 1.
        threshold = gr.Textbox(
            label=i18n("options.threshold"),
            info=i18n("options.threshold_info"),
            max_lines=1,
            max_length=12,
            visible=False,
            elem_classes="bp-own",
        )
        figures = gr.HTML(elem_classes="bp-held-out")
        save = gr.Checkbox(
            value=True,
            label=i18n("options.save"),
            info=i18n("options.save_info"),
            elem_classes="bp-save",
        )
    panel = Panel(point, threshold, figures, save, scale)

    def show_figures(point: str | None, threshold: str | None, request: gr.Request) -> str:
        return figures_line(backend, point, threshold, language_of(request))

    def show(point: str | None, threshold: str | None, request: gr.Request) -> list[Any]:
        own = gr.Textbox(visible=point == OWN_THRESHOLD)
        return [own, show_figures(point, threshold, request)]

    more: dict[str, Any] = {
        "show_progress": "hidden",
        "trigger_mode": "always_last",
        "api_visibility": "private",
    }
    point.input(show, [point, threshold], [threshold, figures], **more)
    # The field is not an output here: a result must not change a field that is being typed in.
    threshold.input(show_figures, [point, threshold], figures, **more)
    return panel


def join_choices(panels: list[Panel]) -> None:
    """Apply the choice to save nothing to all panels, so that it need not be made again."""
    for panel in panels:
        others = [other.save for other in panels if other is not panel]
        panel.save.input(
            fn=None,
            inputs=panel.save,
            outputs=others,
            js=f"(save) => Array({len(others)}).fill(save)",
            api_visibility="private",
        )


def panel_values(backend: Backend, language: Language) -> list[Any]:
    """Return the operating points, the default threshold, its figures, and the scales."""
    scales = gr.Radio(choices=scale_choices([], language, with_file=False))
    try:
        predictor = backend.get_predictor()
    except ModelUnavailableError:
        return [gr.Radio(choices=[]), gr.Textbox(), "", scales]
    config, default = predictor.bundle.config, predictor.default_operating_point
    names = [*config.thresholds, OWN_THRESHOLD]
    choices = [(point_name(name, language), name) for name in names]
    return [
        gr.Radio(choices=choices, value=default),
        gr.Textbox(value=number(config.thresholds[default].threshold, language, decimals=2)),
        figures_line(backend, default, None, language),
        scales,
    ]


def figures_line(
    backend: Backend, point: str | None, threshold: str | None, language: Language
) -> str:
    """Return the figures of a choice on held-out cases, or that it was not measured."""
    try:
        report = model_report(backend.get_predictor().bundle, backend.settings)
    except ModelUnavailableError:
        return ""
    try:
        figures = _figures(report, point, threshold)
    except InvalidOptionsError:
        message = f"{text('options.threshold', language)}: {text('option.threshold', language)}."
        return paragraph(message, "bp-facts bp-bad", aria_live="polite")
    if figures is None:
        return ""
    return paragraph(_measured(figures, language), "bp-facts", aria_live="polite")


def _measured(figures: ThresholdFigures, language: Language) -> str:
    threshold = number(figures.threshold, language, decimals=3)
    if figures.sensitivity is None or figures.specificity is None:
        return text("options.unmeasured", language, threshold=threshold)
    return text(
        "options.measured",
        language,
        threshold=threshold,
        sensitivity=percent(figures.sensitivity, language),
        specificity=percent(figures.specificity, language),
    )


def _figures(
    report: ModelReport, point: str | None, threshold: str | None
) -> ThresholdFigures | None:
    if point != OWN_THRESHOLD:
        return report.operating_points.get(point or "")
    used = chosen_options(point, threshold, None).threshold
    if used is None:
        return None
    measured = (f for f in report.threshold_curve if abs(f.threshold - used) < _SAME)
    return next(measured, ThresholdFigures(threshold=used))
