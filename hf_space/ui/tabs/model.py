"""The tab about the model: facts, operating points, card and plots."""

from __future__ import annotations

import base64
import re
from html import escape
from typing import TYPE_CHECKING, Final

import gradio as gr

from hf_space.messages.texts import Language, language_of, number, text, text_or
from hf_space.prediction.model_report import model_report
from hf_space.ui.backend import Backend, errors_in_words
from hf_space.ui.components.result_html import facts_list, point_name, table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hf_space.prediction.predictor import Predictor
    from hf_space.schemas.model import ModelReport

_FRONT_MATTER: Final = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
# The card's pictures lie beside it, where the browser cannot reach; the tab shows them itself.
_PICTURE: Final = re.compile(r"^!\[[^\]]*\]\([^)]*\)\n?", re.MULTILINE)
_PLOT_ORDER: Final = ("roc", "pr", "reliability", "thresholds", "confusion", "scores")


def build_model_tab(backend: Backend, i18n: gr.I18n, tab: gr.Tab) -> None:
    """Add the tab's content, which is read from the bundle when the tab is opened."""
    facts = gr.HTML()
    plots = gr.HTML()
    with gr.Accordion(i18n("card_title"), open=True):
        card = gr.Markdown(elem_classes="bp-model-card")

    def show(request: gr.Request) -> tuple[str, str, str]:
        language = language_of(request)
        with errors_in_words(language):
            predictor = backend.get_predictor()
            report = model_report(predictor.bundle, backend.settings)
            folder = predictor.bundle.path
            return (
                _facts(predictor, report, language) + _points(report, language),
                _plots(predictor.bundle.plots, language),
                card_text(folder / "README.md") or text("no_card", language),
            )

    tab.select(show, None, [facts, plots, card], api_visibility="private")


def card_text(path: Path) -> str:
    """Return a model card without its front matter and pictures; empty if there is none."""
    try:
        card = path.read_text(encoding="utf-8")
    except OSError:
        return ""
    return _PICTURE.sub("", _FRONT_MATTER.sub("", card)).strip()


def _facts(predictor: Predictor, report: ModelReport, language: Language) -> str:
    config = report.inference
    training = config.training
    trained = text(
        "trained_value",
        language,
        patches=number(training.patches, language, ",d"),
        cases=number(training.cases, language, ",d"),
        date=training.date,
    )
    microns = number(config.microns_per_pixel, language, "g")
    facts = (
        ("model_name", config.name),
        ("revision", config.revision),
        ("network", training.backbone),
        ("engine", f"{predictor.engine.name} {predictor.engine.precision}"),
        ("patch", f"{config.patch_size_pixels} px, {microns} µm/px"),
        ("trained_on", trained),
    )
    return facts_list((text(key, language), value) for key, value in facts)


def _points(report: ModelReport, language: Language) -> str:
    keys = ("point", "threshold", "uncertain_band", "sensitivity", "specificity", "precision")
    rows = [
        [
            point_name(name, language),
            number(point.threshold, language, ".3f"),
            f"{number(point.uncertain_low, language, '.3f')}"
            f"-{number(point.uncertain_high, language, '.3f')}",
            *(
                "-" if figure is None else number(figure, language, ".1%")
                for figure in (point.sensitivity, point.specificity, point.precision)
            ),
        ]
        for name, point in report.operating_points.items()
    ]
    return table("", [text(key, language) for key in keys], rows)


def _plots(plots: Mapping[str, Path], language: Language) -> str:
    if not plots:
        return ""
    figures = "".join(_plot(name, plots[name], language) for name in sorted(plots, key=_place))
    return f'<h3>{text("plots", language)}</h3><div class="bp-plots">{figures}</div>'


def _plot(name: str, path: Path, language: Language) -> str:
    title = escape(text_or(f"plot.{name}", language, name))
    # Within the page, so that no folder of the server has to be opened to visitors.
    source = "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")
    return f'<figure><figcaption>{title}</figcaption><img src="{source}" alt="{title}"></figure>'


def _place(name: str) -> tuple[int, str]:
    known = name in _PLOT_ORDER
    return (_PLOT_ORDER.index(name) if known else len(_PLOT_ORDER), name)
