"""The history as a table for other programs: English names, plain numbers."""

from __future__ import annotations

from typing import Final

from hf_space.exports.csv import Table
from hf_space.exports.predictions import RESULT_COLUMNS
from hf_space.schemas.history import HistoryItem

HISTORY_TABLE: Final = Table[HistoryItem](
    {
        **RESULT_COLUMNS,
        "case_label": lambda item: item.case_label,
        "folder": lambda item: item.folder,
        "opinion": lambda item: item.review and item.review.opinion,
        "label": lambda item: item.review and item.review.label,
        "note": lambda item: item.review and item.review.note,
        "reviewed_at": lambda item: item.review and item.review.created_at,
    }
)
"""A line for each record, with its latest review."""
