"""Writes the filing of an owner's records, and counts records by folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, func, select

from hf_space.history.database.tables import filings
from hf_space.history.reading.search import folded, folded_filing
from hf_space.schemas.filing import MAX_FOLDERS, Folder, FolderList

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from hf_space.schemas.filing import Filing


async def write_filing(
    connection: AsyncConnection, owner: bytes, identifier: UUID, filing: Filing
) -> None:
    """File a record, in place of where it was filed before; its row must be locked."""
    await connection.execute(delete(filings).where(filings.c.prediction_id == identifier))
    if filing.case_label or filing.folder:
        row = {"prediction_id": identifier, "owner": owner, "folded": folded_filing(filing)}
        await connection.execute(filings.insert(), row | filing.model_dump())


async def read_folders(connection: AsyncConnection, owner: bytes) -> FolderList:
    """Return an owner's folders by name; of very many, those with the most records."""
    number = func.count()
    query = select(filings.c.folder, number.label("number")).where(
        filings.c.owner == owner, filings.c.folder.is_not(None)
    )
    largest = query.group_by(filings.c.folder).order_by(number.desc(), filings.c.folder)
    found = (await connection.execute(largest.limit(MAX_FOLDERS))).all()
    # Databases sort by their own locale.
    ordered = sorted(found, key=lambda row: (folded(row.folder), row.folder))
    return FolderList(folders=[Folder(name=row.folder, count=row.number) for row in ordered])
