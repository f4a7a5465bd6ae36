"""The tab about the model: facts, operating points, card and plots."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import gradio as gr

from hf_space.messages.catalogue import text, text_or
from hf_space.messages.formats import day, number, percent
from hf_space.messages.language import Language
from hf_space.prediction.model_report import model_report
from hf_space.ui.backend import Backend, errors_shown
from hf_space.ui.components.result_html import point_name
from hf_space.ui.rendering import data_url, render
from hf_space.ui.visitor import language_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hf_space.prediction.predictor import Predictor
    from hf_space.schemas.model import ModelReport

_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
# The browser cannot load the card's pictures, which are files beside it; the tab shows them.
_PICTURE: Final = re.compile(r"^!\[[^\]]*\]\([^)]*\)\n?", re.MULTILINE)
_PLOT_ORDER: Final = ("roc", "pr", "reliability", "thresholds", "confusion", "scores")


def build_model_tab(backend: Backend, i18n: gr.I18n, tab: gr.Tab) -> None:
    """Add the tab's content; it is read from the bundle when the tab is opened."""
    facts = gr.HTML()
    plots = gr.HTML()
    with gr.Accordion(i18n("model.card"), open=True):
        card = gr.Markdown(elem_classes="bp-model-card")

    def show(request: gr.Request) -> tuple[str, str, str]:
        language = language_of(request)
        with errors_shown(language):
            predictor = backend.get_predictor()
            report = model_report(predictor.bundle, backend.settings)
            folder = predictor.bundle.path
            return (
                facts_html(predictor, report, language),
                plots_html(predictor.bundle.plots, language),
                card_text(folder / "README.md") or text("model.no_card", language),
            )

    tab.select(show, None, [facts, plots, card], api_visibility="private")


def card_text(path: Path) -> str:
    """Return a model card without its front matter and pictures; empty if there is none."""
    try:
        card = path.read_text(encoding="utf-8")
    except OSError:
        return ""
    return _PICTURE.sub("", _FRONT_MATTER.sub("", card)).strip()


def facts_html(predictor: Predictor, report: ModelReport, language: Language) -> str:
    """Draw the model's facts, and its figures at each operating point."""
    keys = ("uncertain_band", "sensitivity", "specificity", "precision")
    labels = [text(f"options.{key}", language) for key in ("operating_point", "threshold")]
    return render(
        "model_facts",
        language,
        facts=_facts(predictor, report, language),
        headers=[*labels, *(text(f"model.{key}", language) for key in keys)],
        rows=_points(report, language),
    )


def plots_html(plots: Mapping[str, Path], language: Language) -> str:
    """Draw the bundle's plots; empty if there are none."""
    shown = [
        (
            text_or(f"plot.{name}", language, name),
            data_url(plots[name].read_bytes(), "image/png"),
        )
        for name in sorted(plots, key=_place)
    ]
    return render("model_plots", language, plots=shown)


def _facts(predictor: Predictor, report: ModelReport, language: Language) -> list[tuple[str, str]]:
    config = report.inference
    training = config.training
    data = text(
        "model.training_data",
        language,
        patches=text("count.patches", language, count=training.patches),
        cases=text("count.cases", language, count=training.cases),
        date=day(training.date, language),
    )
    microns = number(config.microns_per_pixel, language)
    facts = (
        ("name", config.name),
        ("revision", config.revision),
        ("network", training.backbone),
        ("engine", f"{predictor.engine.name} {predictor.engine.precision}"),
        ("patch", f"{config.patch_size_pixels} px, {microns} µm/px"),
        ("trained_on", data),
    )
    return [(text(f"model.{name}", language), value) for name, value in facts]


def _points(report: ModelReport, language: Language) -> list[list[str]]:
    """Return a row for each operating point."""

    def written(value: float) -> str:
        return number(value, language, decimals=3)

    return [
        [
            point_name(name, language),
            written(point.threshold),
            f"{written(point.uncertain_low)}-{written(point.uncertain_high)}",
            *(
                "-" if figure is None else percent(figure, language)
                for figure in (point.sensitivity, point.specificity, point.precision)
            ),
        ]
        for name, point in report.operating_points.items()
    ]


def _place(name: str) -> tuple[int, str]:
    known = name in _PLOT_ORDER
    return (_PLOT_ORDER.index(name) if known else len(_PLOT_ORDER), name)
