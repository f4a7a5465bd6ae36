"""Actions of the history's list: pages, the table of all records, and their deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import gradio as gr

from hf_space.exports.history import HISTORY_TABLE
from hf_space.messages.catalogue import text
from hf_space.schemas.history import HistoryFilter, HistoryQuery
from hf_space.ui.backend import errors_shown, validated
from hf_space.ui.components.history_html import history_list
from hf_space.ui.rendering import paragraph
from hf_space.ui.visitor import language_of, page_owner

if TYPE_CHECKING:
    from hf_space.messages.language import Language
    from hf_space.ui.backend import Backend

ANY: Final = "any"
REVIEWED: Final = {ANY: None, "yes": True, "no": False}
_ON_A_PAGE: Final = 12
TABLE: Final = "biopsia_history.csv"


class HistoryList:
    """Handlers of the list; they get the page's raw input."""

    def __init__(self, backend: Backend) -> None:
        """Read from a backend's history."""
        self._backend = backend

    async def first_page(
        self,
        order: str,
        verdict: str,
        reviewed: str,
        chosen: str,
        token: str,
        zone: str,
        request: gr.Request,
    ) -> list[Any]:
        """Return the start of the list."""
        return await self.page("", order, verdict, reviewed, chosen, token, zone, request)

    async def page(
        self,
        cursor: str,
        order: str,
        verdict: str,
        reviewed: str,
        chosen: str,
        token: str,
        zone: str,
        request: gr.Request,
    ) -> list[Any]:
        """Return a page of the list, and the cursors of it and of the next one.

        Args:
            cursor: Start of the page; empty for the first one.
            order: The sort order.
            verdict: The verdict to list, or `ANY`.
            reviewed: A key of `REVIEWED`.
            chosen: Id of the record shown beside the list.
            token: Whose history it is.
            zone: The visitor's time zone.
            request: The call.
        """
        language, history = language_of(request), self._backend.history
        with errors_shown(language):
            owner, wanted = page_owner(token, request), _wanted(verdict, reviewed)
            query = validated(
                HistoryQuery, **wanted, sort=order, cursor=cursor or None, limit=_ON_A_PAGE
            )
            found = await history.page(owner, query)
            if cursor and not found.items:
                # All records of this page were deleted.
                cursor = ""
                found = await history.page(owner, query.model_copy(update={"cursor": None}))
            drawn = _nothing(wanted, language)
            if found.items:
                drawn = history_list(
                    found.items,
                    await history.thumbnails(owner, [item.id for item in found.items]),
                    chosen=chosen,
                    verdicts=self._backend.label_verdicts(),
                    zone=zone,
                    language=language,
                )
            beyond = found.next_cursor or ""
            buttons = gr.Button(visible=bool(cursor)), gr.Button(visible=bool(beyond))
            return [drawn, cursor, beyond, *buttons]

    async def table(self, verdict: str, reviewed: str, token: str, request: gr.Request) -> str:
        """Return the chosen records as CSV, newest first in any sort order.

        The browser makes the file: one on the server would remain after the records' deletion.
        """
        with errors_shown(language_of(request)):
            wanted = validated(HistoryFilter, **_wanted(verdict, reviewed))
            records = self._backend.history.export(page_owner(token, request), wanted)
            lines = [HISTORY_TABLE.line(item) async for item in records]
            return b"".join([HISTORY_TABLE.header(), *lines]).decode()

    async def forget_all(self, token: str, request: gr.Request) -> list[Any]:
        """Delete the whole history, and return an empty page."""
        language = language_of(request)
        with errors_shown(language):
            await self._backend.history.delete_all(page_owner(token, request))
            hidden = gr.Button(visible=False)
            return [_nothing({}, language), "", "", hidden, hidden]


def _wanted(verdict: str, reviewed: str) -> dict[str, Any]:
    """Return the chosen parts of a filter; empty means all."""
    wanted: dict[str, Any] = {} if verdict == ANY else {"verdict": [verdict]}
    return wanted if reviewed == ANY else wanted | {"reviewed": REVIEWED.get(str(reviewed))}


def _nothing(wanted: dict[str, Any], language: Language) -> str:
    key = "history.no_match" if wanted else "history.empty"
    return paragraph(text(key, language), "bp-empty")
