"""Limits the bodies of the demo's calls, which are kept in Gradio's queue with their JSON."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from weakref import WeakSet

import gradio as gr

from hf_space.api.request_body import check_values
from hf_space.errors import BusyError, PayloadTooLargeError

if TYPE_CHECKING:
    from collections.abc import Collection

    from gradio.block_function import BlockFunction

MAX_CALL_BYTES: Final = 1024 * 1024
"""Largest body of a call: the names of some 500 files, each of which it states three times."""
MAX_SMALL_CALL_BYTES: Final = 32 * 1024
"""Largest body of other calls: options, a note, or the name of a file."""
CALL: Final = re.compile(r"/gradio_api/(?:api|run|call(?:/v2)?)/(\w+)(?:/\w+)?/?")
"""The path of a call of a function by its name."""

_MOST_VALUES: Final = 1000
_VALUES_OF_A_FILE: Final = 32
# Total of large calls that are read, wait or run; in memory they take some four times as much.
_MOST_WAITING_BYTES: Final = 16 * MAX_CALL_BYTES
# These have no file inputs, but list files or header data.
_OF_MANY_FILES: Final = frozenset({"predict_batch", "weigh_choice", "weigh_typed", "weigh_sure"})


@dataclass(frozen=True, eq=False)
class LargeCall:
    """Memory reserved for the body of a call with many files, while the call holds it."""

    size: int
    address: str


class Calls:
    """Limits the bodies of calls; belongs to one event loop."""

    def __init__(self, functions: Collection[BlockFunction], *, max_files: int) -> None:
        """Start without calls.

        Args:
            functions: Those of the demo.
            max_files: Most files of a batch.
        """
        self._names = {function._id: str(function.api_name) for function in functions}  # noqa: SLF001
        self._of_many = {str(each.api_name) for each in functions if _takes_many_files(each)}
        self._most_values = _MOST_VALUES + _VALUES_OF_A_FILE * max_files
        self._large: WeakSet[LargeCall] = WeakSet()

    def has(self, name: str) -> bool:
        """Return whether the demo has a function."""
        return name in self._names.values()

    def enter(self, size: int, address: str) -> LargeCall | None:
        """Reserve memory for a body before it is read; it is freed with its last reference.

        Args:
            size: Bytes of the body; small ones need no reservation.
            address: Network address that it comes from.

        Raises:
            BusyError: Many large calls wait, or those of the address take half of the memory.
        """
        if size <= MAX_SMALL_CALL_BYTES:
            return None
        own = size + sum(each.size for each in self._large if each.address == address)
        total = size + sum(each.size for each in self._large)
        if total > _MOST_WAITING_BYTES or own > _MOST_WAITING_BYTES // 2:
            raise BusyError(f"calls with many files take {total} bytes, {own} of one address")
        call = LargeCall(size, address)
        self._large.add(call)
        return call

    def check(self, path: str, body: bytes) -> None:
        """Refuse a body that is too large for its function; raises PayloadTooLargeError."""
        check_values(body, self._most_values)
        if self._is_of_many(path, body):
            return
        if len(body) > MAX_SMALL_CALL_BYTES:
            raise too_large(len(body), MAX_SMALL_CALL_BYTES)
        check_values(body, _MOST_VALUES)

    def _is_of_many(self, path: str, body: bytes) -> bool:
        call = CALL.fullmatch(path)
        return (call[1] if call else self._called(body)) in self._of_many

    def _called(self, body: bytes) -> str | None:
        """Return the name of the function that a body gives by number, as Gradio reads it."""
        try:
            return self._names.get(json.loads(body)["fn_index"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return None


def too_large(size: int, limit: int) -> PayloadTooLargeError:
    """Return the error for a body beyond a limit in bytes."""
    message = f"The request has {size} bytes; at most {limit} are accepted here."
    return PayloadTooLargeError(message, bytes=size, max_bytes=limit)


def _takes_many_files(function: BlockFunction) -> bool:
    has_files = any(isinstance(each, gr.File) for each in function.inputs)
    return has_files or function.name in _OF_MANY_FILES
