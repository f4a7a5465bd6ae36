"""The tab that reads many files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import gradio as gr

from hf_space.exports.predictions import BATCH_TABLE
from hf_space.messages.catalogue import text
from hf_space.prediction.batch import predict_many
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.options import PredictOptions
from hf_space.ui.backend import Backend, chosen_options, errors_shown
from hf_space.ui.components.form import call_on_run
from hf_space.ui.components.options_panel import Panel, build_panel
from hf_space.ui.components.result_html import batch_table
from hf_space.ui.gradio_app.batch_files import batch_images
from hf_space.ui.gradio_app.uploads import uploaded_name, uploaded_path
from hf_space.ui.tabs.region import PROGRESS, download
from hf_space.ui.visitor import Visit, language_of, page_owner


def build_batch_tab(backend: Backend, i18n: gr.I18n, visit: Visit) -> Panel:
    """Add the tab's content; returns its options panel."""
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            files = gr.File(file_count="multiple", label=i18n("input.batch"), height=200)
            run = gr.Button(i18n("run.batch"), variant="primary")
            panel = build_panel(backend, i18n)
        with gr.Column(scale=3, min_width=300):
            results = gr.HTML()
            csv_file = gr.DownloadButton(str(i18n("download.batch")), interactive=False)

    async def read(
        uploads: list[dict[str, Any]] | None,
        point: str | None,
        threshold: str | None,
        microns: str | None,
        save: object,
        token: object,
        request: gr.Request,
        progress: gr.Progress = PROGRESS,
    ) -> list[Any]:
        language = language_of(request)

        def tell(done: int, total: int) -> None:
            unit = text("progress.files", language, count=total)
            progress((done, total), desc=text("progress.running", language), unit=unit)

        with errors_shown(language):
            options = chosen_options(point, threshold, microns, save, explain=False)
            items = await _read_all(backend, uploads or [], options, (token, request), tell)
            csv = b"".join(BATCH_TABLE.file(items))
            return [batch_table(items, language), download("biopsia_batch.csv", csv)]

    call_on_run(run, files, panel, visit, read, [results, csv_file])
    return panel


async def _read_all(
    backend: Backend,
    uploads: list[dict[str, Any]],
    options: PredictOptions,
    visitor: tuple[object, gr.Request],
    on_progress: Callable[[int, int], None],
) -> list[BatchItem]:
    """Read all files, in order; raises BiopsiaError where the batch as a whole cannot be read."""
    predictor, owner = backend.get_predictor(), page_owner(*visitor)
    items: list[BatchItem] = []
    with ExitStack() as stack:
        paths = [(uploaded_name(upload), uploaded_path(upload)) for upload in uploads]
        images = await batch_images(paths, backend.settings, stack)
        await backend.charge_batch(len(images), visitor[1])
        async for item in predict_many(predictor, images, options, owner=owner):
            items.append(item)
            on_progress(len(items), len(images))
    return sorted(items, key=lambda item: item.index)
