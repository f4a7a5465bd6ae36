"""The demo as a whole, and where it hangs in the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from hf_space.errors import ModelUnavailableError
from hf_space.messages.texts import language_of, text, translations
from hf_space.ui.backend import Backend
from hf_space.ui.components.examples import example_folders, find_examples
from hf_space.ui.components.options_panel import Panel, join_choices, panel_values
from hf_space.ui.gradio_app.endpoints import Endpoints
from hf_space.ui.gradio_app.guard import GuardMiddleware
from hf_space.ui.gradio_app.mounted import mounted_app, name_unknown_paths
from hf_space.ui.gradio_app.refusals import RefusalWordsMiddleware
from hf_space.ui.gradio_app.uploads import Uploads, keep_uploads_private, watch_uploads
from hf_space.ui.tabs.batch import build_batch_tab
from hf_space.ui.tabs.history import HistoryTab, build_history_tab, filter_values
from hf_space.ui.tabs.image import build_image_tab
from hf_space.ui.tabs.model import build_model_tab
from hf_space.ui.tabs.region import build_region_tab
from hf_space.ui.theme import FAVICON, STYLE_SHEET, demo_theme
from hf_space.ui.visitor import build_visit

if TYPE_CHECKING:
    from fastapi import FastAPI

    from hf_space.settings import Settings

# Handlers wait for the predictor, which batches and queues by itself; they need few threads.
_CALLS_AT_ONCE: Final = 16
# Each keeps its request in memory; more are told that the service is busy.
_CALLS_WAITING: Final = 256
# Every minute, delete what is older than ten: long enough to look at a result and download it.
# Endpoints delete their uploads at once; the page keeps its own, to read them again with other
# options and to show them.
_DELETE_CACHE: Final = (60, 600)


def mount_demo(app: FastAPI, backend: Backend) -> None:
    """Mount the demo at `/` of an application that has not started, after all its routes.

    Args:
        app: Gets the demo, and a guard of its doors; its requests know their visitors.
        backend: What the demo shows and asks.
    """
    keep_uploads_private()
    settings = backend.settings
    i18n = gr.I18n(**_words(settings))
    blocks = build_demo(backend, i18n)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        # Errors that are meant for visitors are shown all the same; others may name paths.
        show_error=False,
        # A zip is one file; the predictor refuses a single image beyond its own limit.
        max_file_size=max(settings.max_upload_bytes, settings.max_batch_bytes),
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        run_history=False,
        footer_links=["api"],
        i18n=i18n,
        theme=demo_theme(),
        css_paths=STYLE_SHEET,
        favicon_path=str(FAVICON),
        # Gradio copies an example again for each visitor who chooses it.
        allowed_paths=example_folders(settings.model_dir),
    )
    # Within the application, whose own middleware then sees these answers too.
    mounted_app(app).add_middleware(
        GuardMiddleware,
        max_upload_bytes=settings.max_batch_bytes,
        limiter=backend.limiter,
        metrics=backend.metrics,
    )
    name_unknown_paths(app)
    app.add_middleware(RefusalWordsMiddleware)


def build_demo(backend: Backend, i18n: gr.I18n) -> gr.Blocks:
    """Return the page and its named endpoints."""
    patches, regions = find_examples(backend.settings.model_dir)
    uploads = Uploads()
    blocks = gr.Blocks(title="Biopsia", analytics_enabled=False, delete_cache=_DELETE_CACHE)
    # A page that knows its Space draws the Space's badge, with what it asks of the Hub and of a
    # host of fonts.
    blocks.space_id = None
    with blocks:
        visit = build_visit(blocks)
        gr.Markdown("# Biopsia")
        gr.Markdown(i18n("intro"))
        gr.Markdown(i18n("notice"), elem_classes="bp-notice")
        banner = gr.HTML(visible=False)
        with gr.Tab(i18n("tab_image")):
            image_panel = build_image_tab(backend, i18n, visit, patches)
        with gr.Tab(i18n("tab_region")):
            region_panel = build_region_tab(backend, i18n, visit, regions)
        with gr.Tab(i18n("tab_batch")):
            batch_panel = build_batch_tab(backend, i18n, visit)
        with gr.Tab(i18n("tab_history")) as tab:
            history = build_history_tab(backend, i18n, visit, tab)
        with gr.Tab(i18n("tab_model")) as tab:
            build_model_tab(backend, i18n, tab)
        gr.Markdown(i18n("privacy"))
        Endpoints(backend, uploads).register()
        panels = [image_panel, region_panel, batch_panel]
        join_choices(panels)
        _fill_on_load(blocks, backend, banner, panels, history)
    watch_uploads(blocks, uploads)
    blocks.queue(default_concurrency_limit=_CALLS_AT_ONCE, max_size=_CALLS_WAITING)
    return blocks


def _words(settings: Settings) -> dict[str, dict[str, str]]:
    """Return all words of the page; the line on privacy tells what these settings do."""
    kept = "kept.whole" if settings.store_originals else "kept.small"
    days = settings.retention_days
    words: dict[str, dict[str, str]] = {}
    for language, of_language in translations().items():
        privacy = text("privacy", language, kept=text(kept, language), days=days)
        words[language] = of_language | {"privacy": privacy}
    return words


def _fill_on_load(
    blocks: gr.Blocks,
    backend: Backend,
    banner: gr.HTML,
    panels: list[Panel],
    history: HistoryTab,
) -> None:
    """Fill what depends on the model and on the visitor's language when the page is opened."""

    def fill(request: gr.Request) -> list[Any]:
        language = language_of(request)
        values = panel_values(backend, language)
        choices = filter_values(language)
        return [_banner(backend, request), *choices, *(values * len(panels))]

    blocks.load(
        fill,
        None,
        [banner, *history.filters, *(component for panel in panels for component in panel.filled)],
        show_progress="hidden",
        api_visibility="private",
    )


def _banner(backend: Backend, request: gr.Request) -> gr.HTML:
    try:
        backend.get_predictor()
    except ModelUnavailableError:
        words = text("error.model_unavailable", language_of(request))
        return gr.HTML(value=f'<p class="bp-banner" role="alert">{words}</p>', visible=True)
    return gr.HTML(visible=False)
