from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from hf_space.ui.backend import Backend
from hf_space.ui.tabs.history_list import ANY, HistoryList


class _Broken:
    """A history whose database stops while a table is written."""

    async def export(self, *_: object) -> AsyncIterator[Any]:
        yield "a record"
        raise OSError("gone")


def test_a_table_that_fails_midway_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr("hf_space.ui.tabs.history_list.page_owner", lambda *_: b"o" * 32)
    table = SimpleNamespace(header=lambda: b"", line=str.encode)
    monkeypatch.setattr("hf_space.ui.tabs.history_list.HISTORY_TABLE", table)
    listing = HistoryList(cast("Backend", SimpleNamespace(history=_Broken())))
    request = cast("gr.Request", SimpleNamespace(headers={}))
    with pytest.raises(gr.Error):
        asyncio.run(listing.table(ANY, ANY, "", request))
    assert list(tmp_path.iterdir()) == []
