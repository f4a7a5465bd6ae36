"""The whole demo, and its mounting in the application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from hf_space.errors import ModelUnavailableError
from hf_space.messages.catalogue import text, translations
from hf_space.ui.backend import Backend
from hf_space.ui.components.examples import example_folders, find_examples
from hf_space.ui.components.file_picker import build_file_picker
from hf_space.ui.components.options_panel import Panel, join_choices, panel_values
from hf_space.ui.gradio_app.calls import Calls
from hf_space.ui.gradio_app.endpoints import Endpoints
from hf_space.ui.gradio_app.event_streams import EventStreams
from hf_space.ui.gradio_app.guard import GuardMiddleware
from hf_space.ui.gradio_app.mounted import (
    mounted_app,
    name_own_errors,
    name_unknown_functions,
    name_unknown_paths,
    name_wrong_inputs,
    remove_at_end,
)
from hf_space.ui.gradio_app.refusals import DirectCallMiddleware, RefusalTextMiddleware
from hf_space.ui.gradio_app.tracebacks import forget_failed_calls, keep_content_out_of_log
from hf_space.ui.gradio_app.uploads import keep_uploads_private, watch_uploads
from hf_space.ui.rendering import paragraph
from hf_space.ui.tabs.batch import build_batch_tab
from hf_space.ui.tabs.history import HistoryTab, build_history_tab, filter_values
from hf_space.ui.tabs.image import build_image_tab
from hf_space.ui.tabs.model import build_model_tab
from hf_space.ui.tabs.region import build_region_tab
from hf_space.ui.theme import FAVICON, STYLE_SHEET, demo_theme
from hf_space.ui.visitor import build_visit, language_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from hf_space.settings import Settings

# Handlers wait for the predictor, which has its own queue, so they need few threads.
_CALLS_AT_ONCE: Final = 16
# Each keeps its request in memory; further ones get the error that the service is busy.
_CALLS_WAITING: Final = 256
# Every minute, delete what is older than ten: long enough to look at a result and download it.
# Endpoints delete their uploads at once; the page keeps its own, to read them again with other
# options and to show them.
_DELETE_CACHE: Final = (60, 600)


def mount_demo(app: FastAPI, backend: Backend) -> None:
    """Mount the demo at `/` of an application that has not started, after all its routes.

    Args:
        app: Gets the demo and its guard; its requests are already identified.
        backend: The service behind the demo.
    """
    folder = keep_uploads_private()
    keep_content_out_of_log()
    forget_failed_calls()
    settings = backend.settings
    i18n = gr.I18n(**_texts(settings))
    blocks = build_demo(backend, i18n)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/",
        root_path=settings.root_path,
        # Errors meant for visitors are still shown; others may contain paths.
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
    # Within the application, whose own middleware then sees these responses too.
    mounted_app(app).add_middleware(DirectCallMiddleware)
    mounted_app(app).add_middleware(
        GuardMiddleware,
        calls=Calls(blocks.fns.values(), max_files=settings.max_batch_files),
        streams=EventStreams(blocks),
        believes_proxy=settings.trusted_proxy_hops > 0,
        max_upload_bytes=settings.max_batch_bytes,
        limiter=backend.limiter,
        metrics=backend.metrics,
    )
    backend.history.when_deleted(backend.uploads.drop)
    remove_at_end(app, folder)
    name_unknown_paths(app)
    name_unknown_functions(app)
    name_own_errors(app)
    name_wrong_inputs(app)
    app.add_middleware(RefusalTextMiddleware)


def build_demo(backend: Backend, i18n: gr.I18n) -> gr.Blocks:
    """Return the page and its named endpoints."""
    patches, regions = find_examples(backend.settings.model_dir)
    blocks = gr.Blocks(title="Biopsia", analytics_enabled=False, delete_cache=_DELETE_CACHE)
    # With the Space's id, the page would draw the Space's badge, which loads from the Hub and from
    # a font host.
    blocks.space_id = None
    with blocks:
        visit = build_visit(blocks)
        build_file_picker(blocks)
        gr.Markdown("# Biopsia")
        gr.Markdown(i18n("page.intro"))
        gr.Markdown(i18n("page.notice"), elem_classes="bp-notice")
        banner = gr.HTML(visible=False)
        with gr.Tab(i18n("tab.image")):
            image_panel = build_image_tab(backend, i18n, visit, patches)
        with gr.Tab(i18n("tab.region")):
            region_panel = build_region_tab(backend, i18n, visit, regions)
        with gr.Tab(i18n("tab.batch")):
            batch_panel = build_batch_tab(backend, i18n, visit)
        with gr.Tab(i18n("tab.history")) as tab:
            history = build_history_tab(backend, i18n, visit, tab)
        with gr.Tab(i18n("tab.model")) as tab:
            build_model_tab(backend, i18n, tab)
        gr.Markdown(i18n("page.privacy"))
        Endpoints(backend).register()
        panels = [image_panel, region_panel, batch_panel]
        join_choices(panels)
        _fill_on_load(blocks, backend, banner, panels, history)
    watch_uploads(blocks, backend.uploads)
    blocks.queue(default_concurrency_limit=_CALLS_AT_ONCE, max_size=_CALLS_WAITING)
    return blocks


def _texts(settings: Settings) -> dict[str, dict[str, str]]:
    """Return the page's texts; the privacy text follows these settings."""
    stored = "page.stored_original" if settings.store_originals else "page.stored_thumbnail"
    texts: dict[str, dict[str, str]] = {}
    for language, of_language in translations().items():
        days = text("count.days", language, count=settings.retention_days)
        privacy = text("page.privacy", language, stored=text(stored, language), days=days)
        texts[language] = of_language | {"page.privacy": privacy}
    return texts


def _fill_on_load(
    blocks: gr.Blocks,
    backend: Backend,
    banner: gr.HTML,
    panels: list[Panel],
    history: HistoryTab,
) -> None:
    """Fill, when the page opens, what depends on the model and the visitor's language."""

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
        message = text("error.model_unavailable", language_of(request))
        return gr.HTML(value=paragraph(message, "bp-banner", role="alert"), visible=True)
    return gr.HTML(visible=False)
