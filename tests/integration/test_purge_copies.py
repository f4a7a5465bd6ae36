"""What retention deletes leaves no copies either, also where something goes wrong meanwhile."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hf_space.history.database import erasure
from hf_space.history.database.statements import delete_oldest, insert_records
from hf_space.history.deletion import Deletion
from hf_space.history.writing.spool import Spool
from tests.record_factory import make_record
from tests.stores import Store
from tests.traces import found_in_files

OWNER = b"o" * 32


def test_a_purge_that_breaks_off_is_erased_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[int] = []

    async def fail_after_the_first(*arguments: Any) -> Any:
        if steps:
            raise OSError("the database went away")
        steps.append(1)
        return await delete_oldest(*arguments)

    monkeypatch.setattr("hf_space.history.deletion.delete_oldest", fail_after_the_first)
    now = datetime.now(UTC)

    async def scenario() -> None:
        database = Store(tmp_path).database()
        await database.open()
        deletion = Deletion(database, Spool(tmp_path, max_records=0))
        old = [make_record(OWNER, now - timedelta(days=9, seconds=n)) for n in range(1200)]
        async with database.writing() as connection:
            await insert_records(connection, old)
        with pytest.raises(Exception, match="cannot be reached"):
            await deletion.purge(now)
        gone = {record.id.hex: record.id.bytes.hex().encode() for record in old[-1000:]}
        await deletion.compact()
        assert found_in_files(tmp_path, gone) == set()
        await database.close()

    asyncio.run(scenario())


def test_the_log_is_emptied_where_the_file_cannot_be_rewritten(tmp_path: Path) -> None:
    file = tmp_path / "a.sqlite3"
    marker = b"marker of a deleted row"

    def length(text: str) -> int:
        return len(text)

    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA secure_delete=ON")
        connection.create_function("length_of", 1, length, deterministic=True)
        connection.execute("CREATE TABLE a (b TEXT)")
        # Nobody else knows the function, without which the index cannot be written anew.
        connection.execute("CREATE INDEX c ON a (length_of(b))")
        connection.executemany("INSERT INTO a VALUES (?)", [(marker.decode(),), ("kept",)])
        connection.commit()
        connection.execute("DELETE FROM a WHERE b != 'kept'")
        connection.commit()
        log = tmp_path / "a.sqlite3-wal"
        assert marker in log.read_bytes()
        with pytest.raises(sqlite3.Error):
            erasure.compact(file)
        assert log.read_bytes() == b""
        assert marker not in file.read_bytes()
