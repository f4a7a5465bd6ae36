"""Knows which event streams of Gradio there are.

Of a stream that is not there, Gradio would begin to send an answer of 200 and then fail, with a
traceback in the log.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from starlette.datastructures import QueryParams

if TYPE_CHECKING:
    import gradio as gr
    from gradio.queueing import Queue

_OF_SESSION: Final = re.compile(r"/gradio_api/queue/data/?")
_OF_CALL: Final = re.compile(r"/gradio_api/call(?:/v2)?/\w+/(\w+)/?")


class EventStreams:
    """Looks up what Gradio's queue holds; belongs to one event loop."""

    def __init__(self, blocks: gr.Blocks) -> None:
        """Look into the queue of the demo."""
        self._blocks = blocks

    def has(self, path: str, query: bytes) -> bool:
        """Return whether a path asks for a stream that is there, or for something else."""
        queue = self._blocks._queue  # noqa: SLF001
        if call := _OF_CALL.fullmatch(path):
            return _session_of(queue, call[1]) in queue.pending_messages_per_session
        if not _OF_SESSION.fullmatch(path):
            return True
        session = QueryParams(query).get("session_hash")
        # Gradio itself says that it is missing.
        return session is None or session in queue.pending_messages_per_session


def _session_of(queue: Queue, call: str) -> str:
    """Return the session of a call, which may have ended, as Gradio finds it."""
    if event := queue.event_ids_to_events.get(call):
        return event.session_hash
    sessions = queue.pending_event_ids_session.items()
    return next((session for session, calls in sessions if call in calls), call)
