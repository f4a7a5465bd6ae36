"""Brings the records of earlier versions to today's, some at a time, while the service runs.

Their results are converted to version 2, and they get the hashes that identify duplicates. A long
history takes minutes, longer than a migration may lock its tables. The migrations only add columns;
until a record's turn comes, readers convert what they show, and deletions count it as its version
did. A process of 0.1 that is still running may go on adding records.
"""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select, update

from hf_space.history.database.connection import answered_within, try_lock
from hf_space.history.database.duplicates import counted_of, lock_owners_of
from hf_space.history.database.errors import describe
from hf_space.history.database.statements import recount
from hf_space.history.database.tables import COUNTED, IS_OLD, predictions
from hf_space.history.record import columns_of_today

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
    """Convert old records once the database is open and every hour, until cancelled."""
    await database.opened()
    while True:
        wait = _EVERY_SECONDS
        try:
            if converted := await convert_all(database):
                logger.info("converted %d records", converted)
        except Exception as error:  # the database may be unreachable
            logger.warning("old records could not be converted yet: %s", describe(error))
            wait = _AGAIN_SECONDS
        await asyncio.sleep(wait * random.uniform(0.9, 1.1))  # noqa: S311 -- no secret


async def convert_all(database: Database) -> int:
    """Convert all old records, in steps that each are a transaction; returns their number.

    Only one process does this at a time; another one that finds it running leaves it the rest.
    """
    converted = 0
    while True:
        async with answered_within(_STEP_SECONDS), database.writing() as connection:
            if not await try_lock(connection, _LOCK):
                return converted
            number = await _convert_some(connection)
        converted += number
        if number < _STEP:
            return converted
        await asyncio.sleep(_PAUSE_SECONDS)


async def _convert_some(connection: AsyncConnection) -> int:
    # One owner's after another's, so that few owners wait.
    order = predictions.c.owner, predictions.c.id
    owners = select(predictions.c.owner).where(IS_OLD).order_by(*order).limit(_STEP)
    theirs = await lock_owners_of(connection, owners)
    found = select(*COUNTED, predictions.c.margin, predictions.c.result).where(IS_OLD, theirs)
    found = found.order_by(*order).limit(_STEP).with_for_update()
    old: Sequence[Any] = (await connection.execute(found)).all()
    if not old:
        return 0
    await connection.execute(_UPDATE, await _new_values(connection, old))
    converted = predictions.c.id.in_([row.id for row in old])
    new: Sequence[Any] = (await connection.execute(select(*COUNTED).where(converted))).all()
    await recount(connection, new, old)
    return len(old)


async def _new_values(connection: AsyncConnection, old: Sequence[Any]) -> list[dict[str, Any]]:
    columns = [columns_of_today(row.result, row.margin) for row in old]
    keys = [(row.owner, new["fingerprint"]) for row, new in zip(old, columns, strict=True)]
    counted = await counted_of(connection, set(keys))
    values = []
    for row, new, key in zip(old, columns, keys, strict=True):
        new["is_counted"] = key not in counted
        counted.add(key)
        values.append({"record": row.id} | {f"new_{name}": new[name] for name in _CHANGED})
    return values


_CHANGED: Final = (
    *("verdict", "margin", "result", "schema_version", "sha256", "fingerprint", "is_counted"),
)
_UPDATE: Final = (
    update(predictions)
    .where(predictions.c.id == bindparam("record"))
    .values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
