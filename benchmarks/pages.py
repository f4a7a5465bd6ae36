"""The pages of a long history that are timed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from benchmarks.long_history import DAYS, LongHistory
from hf_space.history.database.connection import Database
from hf_space.history.database.tables import predictions
from hf_space.history.reading.selection import cursor_after
from hf_space.schemas.history import HistoryQuery, Sort

_LIMIT: Final = HistoryQuery().limit


def pages_of(url: str, history: LongHistory) -> dict[str, dict[str, str]]:
    """Return the parameters of each page by what it shows, for the first owner."""
    middle = history.since + timedelta(days=DAYS // 2)
    day = {
        "since": middle.isoformat(),
        "until": (middle + timedelta(days=1)).isoformat(),
    }
    by_uncertainty = {"sort": "uncertainty"}
    owner = history.owners[0]
    return {
        "newest": {},
        "newest, last page": {"cursor": _last_cursor(url, owner, "newest")},
        "uncertain": {"verdict": "uncertain"},
        "a day in the middle": day,
        "reviewed": {"reviewed": "true"},
        "not reviewed": {"reviewed": "false"},
        "most uncertain": by_uncertainty,
        "most uncertain, last page": by_uncertainty
        | {"cursor": _last_cursor(url, owner, "uncertainty")},
        "most uncertain of a day": by_uncertainty | day,
        "most uncertain reviewed": by_uncertainty | {"reviewed": "true"},
        "most uncertain benign": by_uncertainty | {"verdict": "benign"},
        "none found": {"kind": "region"},
        "most uncertain, none found": by_uncertainty | {"kind": "region"},
    }


def _last_cursor(url: str, owner: bytes, sort: Sort) -> str:
    """Return the cursor after which one page is left."""
    column = predictions.c
    backwards = [column.id] if sort == "newest" else [column.margin.desc(), column.id.desc()]

    async def read() -> Any:
        database = Database(url)
        try:
            async with database.reading() as connection:
                query = select(column.id, column.margin).where(column.owner == owner)
                row = query.order_by(*backwards).offset(_LIMIT).limit(1)
                return (await connection.execute(row)).one()
        finally:
            await database.close()

    return cursor_after(asyncio.run(read()), sort)
