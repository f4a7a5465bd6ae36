"""The tab of the visitor's own history: find, view, review, export and delete records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from hf_space.messages.catalogue import text
from hf_space.ui.components.confirm import build_confirmed
from hf_space.ui.components.form import clearing
from hf_space.ui.components.result_html import MARKS
from hf_space.ui.tabs.history_list import ANY, REVIEWED, TABLE, HistoryList
from hf_space.ui.tabs.history_record import RecordView, build_record

if TYPE_CHECKING:
    from hf_space.messages.language import Language
    from hf_space.ui.backend import Backend
    from hf_space.ui.visitor import Visit

# One listener for all rows, whichever part of a row was pressed.
_ON_ROW: Final = """
element.addEventListener("click", (event) => {
  const row = event.target.closest("[data-id]");
  if (!row) return;
  element.querySelector("[aria-current]")?.removeAttribute("aria-current");
  row.setAttribute("aria-current", "true");
  trigger("click", { id: row.dataset.id });
});
"""
_SAVE_TABLE: Final = f"""(table) => {{
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([table], {{ type: "text/csv" }}));
  link.download = "{TABLE}";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}}"""
# On a phone the record is below the list.
_GO_TO_RECORD: Final = """() => {
  const record = document.querySelector(".bp-record"), top = record.getBoundingClientRect().top;
  if (top < 0 || top > innerHeight / 2) record.scrollIntoView({ behavior: "smooth" });
}"""
_QUIET: Final[dict[str, Any]] = {"show_progress": "minimal", "api_visibility": "private"}


@dataclass(frozen=True, slots=True)
class HistoryTab:
    """The tab's components.

    Attributes:
        order: The sort order.
        verdict: Which verdicts are listed.
        reviewed: Whether records with and without a review are listed.
        rows: The list.
        here: Where its page begins.
        beyond: Where the next one does.
        start: Shows the first page.
        more: Shows the next page.
    """

    order: gr.Radio
    verdict: gr.Dropdown
    reviewed: gr.Dropdown
    rows: gr.HTML
    here: gr.Textbox
    beyond: gr.Textbox
    start: gr.Button
    more: gr.Button

    @property
    def filters(self) -> list[Any]:
        """Outputs of `filter_values`, in its order."""
        return [self.order, self.verdict, self.reviewed]

    @property
    def page(self) -> list[Any]:
        """Outputs of a page of the list."""
        return [self.rows, self.here, self.beyond, self.start, self.more]


def build_history_tab(backend: Backend, i18n: gr.I18n, visit: Visit, tab: gr.Tab) -> HistoryTab:
    """Add the tab's content; the list is read whenever the tab is opened."""
    listing = HistoryList(backend)
    gr.Markdown(i18n("page.storage_blocked"), elem_classes="bp-notice bp-if-forgetful")
    with gr.Row():
        with gr.Column(scale=2, min_width=300):
            parts = _build_list(i18n)
            table = gr.Button(i18n("download.history"), size="md")
            content = gr.Textbox(visible=False)
            delete_all = build_confirmed(i18n, "history")
        with gr.Column(scale=3, min_width=300):
            gr.Markdown(i18n("history.hint"), elem_classes="bp-hint")
            record = build_record(backend, i18n, visit)
    _list_on_events(listing, parts, record, visit, tab)
    _act_on_records(listing, parts, record, visit, delete_all)
    listed = table.click(
        listing.table,
        [parts.verdict, parts.reviewed, visit.token],
        content,
        preprocess=False,
        **_QUIET,
    )
    listed.success(fn=None, inputs=content, js=_SAVE_TABLE, api_visibility="private")
    return parts


def filter_values(language: Language) -> list[Any]:
    """Return the choices of the list."""
    everything = (text("history.any_verdict", language), ANY)
    orders = [(text(f"history.{name}", language), name) for name in ("newest", "uncertainty")]
    verdicts = [
        (f"{mark} {text(f'verdict.{name}', language)}", name) for name, mark in MARKS.items()
    ]
    reviews = [(text(f"reviewed.{name}", language), name) for name in REVIEWED]
    return [
        gr.Radio(choices=orders, value="newest"),
        gr.Dropdown(choices=[everything, *verdicts], value=ANY),
        gr.Dropdown(choices=reviews, value=ANY),
    ]


def _build_list(i18n: gr.I18n) -> HistoryTab:
    with gr.Group():
        order = gr.Radio([], label=i18n("history.order"))
        with gr.Row():
            verdict = gr.Dropdown([], label=i18n("column.verdict"), filterable=False, min_width=140)
            reviewed = gr.Dropdown(
                [], label=i18n("history.review"), filterable=False, min_width=140
            )
    rows = gr.HTML(js_on_load=_ON_ROW)
    here, beyond = gr.Textbox(visible=False), gr.Textbox(visible=False)
    with gr.Row():
        start = gr.Button(i18n("history.first_page"), visible=False, size="md", min_width=130)
        more = gr.Button(i18n("history.next_page"), visible=False, size="md", min_width=130)
    return HistoryTab(order, verdict, reviewed, rows, here, beyond, start, more)


def _list_on_events(
    listing: HistoryList, parts: HistoryTab, record: RecordView, visit: Visit, tab: gr.Tab
) -> None:
    """Read the first page, the next one, or reload the same one."""
    asked = [*parts.filters, record.review.record, visit.token, visit.zone]
    # Without preprocessing, which does not know the choices after a restart of the service.
    more: dict[str, Any] = {"preprocess": False, "trigger_mode": "always_last", **_QUIET}
    gr.on(
        [tab.select, parts.start.click, *(choice.input for choice in parts.filters)],
        listing.first_page,
        asked,
        parts.page,
        **more,
    )
    parts.more.click(listing.page, [parts.beyond, *asked], parts.page, **more)
    for given in record.review.given:
        given.success(listing.page, [parts.here, *asked], parts.page, **more)
    deleted = record.delete.click(
        record.forget, [record.review.record, visit.token], None, **_QUIET
    )
    deleted.success(**clearing(record.outputs)).then(
        listing.page, [parts.here, *asked], parts.page, **more
    )


def _act_on_records(
    listing: HistoryList,
    parts: HistoryTab,
    record: RecordView,
    visit: Visit,
    delete_all: gr.Button,
) -> None:
    """Show the chosen record, or none after all were deleted."""
    shown = parts.rows.click(record.show, [visit.token, visit.zone], record.outputs, **_QUIET)
    shown.success(fn=None, js=_GO_TO_RECORD, api_visibility="private")
    shown.failure(**clearing(record.outputs))
    emptied = delete_all.click(listing.forget_all, visit.token, parts.page, **_QUIET)
    emptied.success(**clearing(record.outputs))
