"""The tab that reads many files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, Final

import gradio as gr
from anyio import to_thread

from hf_space.exports.predictions import BATCH_TABLE
from hf_space.messages.catalogue import text
from hf_space.prediction.batch import predict_many
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.options import PredictOptions
from hf_space.ui.backend import Backend, errors_shown
from hf_space.ui.components.batch_html import batch_table
from hf_space.ui.components.examples import example_digests
from hf_space.ui.components.file_picker import FILES
from hf_space.ui.components.form import Asked, build_run, call_on_run, check_scale
from hf_space.ui.components.options_panel import Panel, build_panel
from hf_space.ui.components.scale_question import ask_for_scale, build_question
from hf_space.ui.gradio_app.batch_files import batch_images
from hf_space.ui.gradio_app.uploads import uploaded_name, uploaded_path
from hf_space.ui.image_scale import Header, StatedScale, read_headers
from hf_space.ui.tabs.region import download
from hf_space.ui.visitor import Visit, language_of, page_owner

# Gradio shows the progress of the call in its place.
_PROGRESS: Final = gr.Progress()


def build_batch_tab(backend: Backend, i18n: gr.I18n, visit: Visit) -> Panel:
    """Add the tab's content; returns its options panel."""
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            files = gr.File(
                file_count="multiple", label=i18n("input.batch"), height=200, elem_classes=FILES
            )
            scale = build_question(i18n, for_batch=True)
            run = build_run(i18n, "batch")
            ask_for_scale(scale, backend, files, run.start)
            panel = build_panel(backend, i18n, scale)
        with gr.Column(scale=3, min_width=300):
            results = gr.HTML()
            csv_file = gr.DownloadButton(str(i18n("download.batch")), interactive=False)

    async def read(
        uploads: list[dict[str, Any]] | None,
        point: str | None,
        threshold: str | None,
        save: object,
        choice: object,
        typed: object,
        sure: object,
        token: object,
        request: gr.Request,
        progress: gr.Progress = _PROGRESS,
    ) -> list[Any]:
        language = language_of(request)

        def tell(done: int, total: int) -> None:
            unit = text("progress.files", language, count=total)
            progress((done, total), desc=text("progress.running", language), unit=unit)

        with errors_shown(language):
            stated = StatedScale(choice, typed, sure, for_batch=True)
            asked = Asked(point, threshold, save, stated)
            items = await _read_all(backend, uploads or [], asked, (token, request), tell)
            offers = backend.offers(token, request)
            table = b"".join(BATCH_TABLE.file(items))
            path = offers.write("biopsia_batch.csv", table, *_digests(items))
            return [batch_table(items, language), download(path)]

    call_on_run(run, files, panel, visit, read, [results, csv_file])
    return panel


async def _read_all(
    backend: Backend,
    uploads: list[dict[str, Any]],
    asked: Asked,
    visitor: tuple[object, gr.Request],
    on_progress: Callable[[int, int], None],
) -> list[BatchItem]:
    """Read all files, in order; raises BiopsiaError if the whole batch cannot be read."""
    predictor, owner = backend.get_predictor(), page_owner(*visitor)
    settings, offers = backend.settings, backend.offers(*visitor)
    items: list[BatchItem] = []
    with ExitStack() as stack:
        paths = [(uploaded_name(upload), uploaded_path(upload)) for upload in uploads]
        for _, path in paths:
            offers.note(path)
        images = await batch_images(paths, settings, stack)
        await backend.charge_batch(len(images), visitor[1])
        digests = example_digests(settings.model_dir)
        headers = await to_thread.run_sync(read_headers, images, settings, digests)
        groups = _groups(headers, asked)
        check_scale([h for h in headers if h], asked.scale, language_of(visitor[1]))
        sender = backend.sender(visitor[1])
        for places, options in groups:
            chosen = [images[place] for place in places]
            results = predict_many(predictor, chosen, options, owner=owner, sender=sender)
            async for item in results:
                items.append(item.model_copy(update={"index": places[item.index]}))
                on_progress(len(items), len(images))
        for _, path in paths:
            offers.note(path, *_digests(items))
    return sorted(items, key=lambda item: item.index)


def _digests(items: list[BatchItem]) -> list[str]:
    return [item.result.image.sha256 for item in items if item.result]


def _groups(headers: list[Header | None], asked: Asked) -> list[tuple[list[int], PredictOptions]]:
    """Return the indices of images that share a scale, with the options of each group."""
    places: dict[str | None, list[int]] = {}
    for place, header in enumerate(headers):
        places.setdefault(asked.scale.option(header), []).append(place)
    return [(found, asked.options(scale, explain=False)) for scale, found in places.items()]
