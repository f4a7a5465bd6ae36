"""Brings saved results of version 1 to version 2, some at a time, while the service runs.

A long history takes minutes, longer than a migration may lock its tables. The migration only adds
columns; until a record's turn comes, readers convert what they show, and deletions count it as 0.1
did. A process of 0.1 that is still running may go on adding records.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update

from hf_space.history.database.connection import try_lock
from hf_space.history.database.errors import describe
from hf_space.history.database.statements import COUNTED, recount
from hf_space.history.database.tables import IS_OLD, predictions
from hf_space.history.version_1 import columns_in_version_2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.history.database.connection import Database

_LOCK: Final = 0x636F6E76
_STEP: Final = 500
_STEP_SECONDS: Final = 30.0
_PAUSE_SECONDS: Final = 0.05
_EVERY_SECONDS: Final = 3600.0
_AGAIN_SECONDS: Final = 60.0

logger = logging.getLogger(__name__)


async def keep_converting(database: Database) -> None:
    """Convert old records now and every hour, until cancelled."""
    while True:
        wait = _EVERY_SECONDS
        try:
            if converted := await convert_all(database):
                logger.info("%d records are now of version 2", converted)
        except Exception as error:  # the database may be unreachable
            logger.warning("old records have to wait: %s", describe(error))
            wait = _AGAIN_SECONDS
        await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- no secret


async def convert_all(database: Database) -> int:
    """Convert all old records, in steps that each are a transaction; returns their number.

    Of several processes one at a time does it; one that finds another at it leaves it the rest.
    """
    converted = 0
    while True:
        async with asyncio.timeout(_STEP_SECONDS), database.writing() as connection:
            if not await try_lock(connection, _LOCK):
                return converted
            number = await _convert_oldest(connection)
        converted += number
        if number < _STEP:
            return converted
        await asyncio.sleep(_PAUSE_SECONDS)


async def _convert_oldest(connection: AsyncConnection) -> int:
    # Locked from old to new, as deletions do, so that no two transactions wait for each other.
    oldest = select(*COUNTED, predictions.c.margin, predictions.c.result).where(IS_OLD)
    oldest = oldest.order_by(predictions.c.id).limit(_STEP).with_for_update()
    old: Sequence[Any] = (await connection.execute(oldest)).all()
    if not old:
        return 0
    await connection.execute(_UPDATE, [_new_values(row) for row in old])
    converted = predictions.c.id.in_([row.id for row in old])
    new: Sequence[Any] = (await connection.execute(select(*COUNTED).where(converted))).all()
    await recount(connection, new, old)
    return len(old)


def _new_values(row: Any) -> dict[str, Any]:
    columns = columns_in_version_2(row.result, row.margin)
    return {"record": row.id} | {f"new_{name}": value for name, value in columns.items()}


_UPDATE: Final = (
    update(predictions)
    .where(predictions.c.id == bindparam("record"))
    .values(
        {
            name: bindparam(f"new_{name}")
            for name in ("verdict", "margin", "result", "schema_version")
        }
    )
)
