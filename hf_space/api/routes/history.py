"""The visitor's own history: list, read, review, file, export, delete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Final
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, Depends, Query, Response, status
from fastapi.responses import StreamingResponse

from hf_space.api.dependencies import ChargedRoute, HistoryDep, OwnerDep, PredictorDep
from hf_space.api.downloads import EXPORT_RESPONSES, ExportFormatDep, download, result_file
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.api.pictures import BYTES, WEBP, picture, picture_responses
from hf_space.errors import UnknownRecordError
from hf_space.exports.archive import HistoryArchive
from hf_space.exports.history import HISTORY_TABLE
from hf_space.prediction.response import draw_saved
from hf_space.schemas.filing import Filing, FolderList
from hf_space.schemas.history import (
    Deleted,
    HistoryFilter,
    HistoryItem,
    HistoryPage,
    HistoryQuery,
    HistoryRecord,
    Review,
    ReviewRequest,
)

router = APIRouter(
    route_class=ChargedRoute, prefix="/history", tags=["history"], responses=ERROR_RESPONSES
)

_CSV: Final = "text/csv"
_ZIP: Final = "application/zip"


def _content(media_type: str, schema: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {media_type: {"schema": schema}}}}


_BINARY: Final = {"type": "string", "format": "binary"}


@router.get("/")
async def list_history(
    owner: OwnerDep, history: HistoryDep, query: Annotated[HistoryQuery, Query()]
) -> HistoryPage:
    """List your records, page by page."""
    return await history.page(owner, query)


@router.delete("/")
async def delete_history(owner: OwnerDep, history: HistoryDep) -> Deleted:
    """Delete all your records permanently."""
    return Deleted(deleted=await history.delete_all(owner))


async def _chosen(
    owner: OwnerDep, history: HistoryDep, wanted: Annotated[HistoryFilter, Query()]
) -> AsyncIterator[HistoryItem]:
    """Return the chosen records; the first is read now, while an error still has a status."""
    records = history.export(owner, wanted)
    first = await anext(records, None)

    async def all_of_them() -> AsyncIterator[HistoryItem]:
        if first is not None:
            yield first
        async for item in records:
            yield item

    return all_of_them()


ChosenDep = Annotated[AsyncIterator[HistoryItem], Depends(_chosen)]


@router.get("/export.csv", responses=_content(_CSV, {"type": "string"}), response_class=Response)
async def export_csv(chosen: ChosenDep) -> StreamingResponse:
    """Download your records as a CSV table; with `reviewed=true` it is ready for retraining."""

    async def lines() -> AsyncIterator[bytes]:
        yield HISTORY_TABLE.header()
        async for item in chosen:
            yield HISTORY_TABLE.line(item)

    return download(lines(), _CSV, "biopsia_history.csv")


@router.get("/export.json", response_model=list[HistoryItem])
async def export_json(chosen: ChosenDep) -> StreamingResponse:
    """Download your records as a JSON list."""

    async def pieces() -> AsyncIterator[str]:
        separator = "["
        async for item in chosen:
            yield f"{separator}{item.model_dump_json()}"
            separator = ",\n"
        yield "]\n" if separator != "[" else "[]\n"

    return download(pieces(), "application/json", "biopsia_history.json")


@router.get("/export.zip", responses=_content(_ZIP, _BINARY), response_class=Response)
async def export_zip(chosen: ChosenDep, owner: OwnerDep, history: HistoryDep) -> StreamingResponse:
    """Download your records with all reviews and pictures as a zip, one folder per record."""

    async def pieces() -> AsyncIterator[bytes]:
        archive = HistoryArchive()
        async for item in chosen:
            # It may be deleted in the meantime.
            with suppress(UnknownRecordError):
                saved = await history.record(owner, item.id)
                has_original = saved.record.has_original
                original = await history.original(owner, item.id) if has_original else None
                yield archive.add(saved.record, saved.thumbnail, original)
        yield archive.close()

    return download(pieces(), _ZIP, "biopsia_history.zip")


@router.get("/folders")
async def list_folders(owner: OwnerDep, history: HistoryDep) -> FolderList:
    """List the folders of your records."""
    return await history.folders(owner)


@router.get("/{id}")
async def read_record(
    id: UUID,  # noqa: A002 -- the path's name
    owner: OwnerDep,
    history: HistoryDep,
    *,
    explain: Annotated[
        bool, Query(description="Draw the evidence; the grid is always included.")
    ] = True,
) -> HistoryRecord:
    """Return a record, all its reviews, and the ids of the next and the previous record."""
    saved = await history.record(owner, id)
    return await to_thread.run_sync(draw_saved, saved) if explain else saved.record


@router.get("/{id}/export.{suffix}", responses=EXPORT_RESPONSES, response_class=Response)
async def export_record(
    id: UUID,  # noqa: A002
    chosen: ExportFormatDep,
    owner: OwnerDep,
    history: HistoryDep,
) -> StreamingResponse:
    """Download a saved result as a file, without its drawings."""
    result = (await history.record(owner, id)).record.result
    return result_file(result, chosen)


@router.get("/{id}/thumbnail", responses=picture_responses(WEBP), response_class=Response)
async def read_thumbnail(id: UUID, owner: OwnerDep, history: HistoryDep) -> Response:  # noqa: A002
    """Return the thumbnail of a record as WebP, at most 256 px a side."""
    return picture(await history.thumbnail(owner, id), WEBP)


@router.get("/{id}/original", responses=picture_responses(BYTES), response_class=Response)
async def read_original(id: UUID, owner: OwnerDep, history: HistoryDep) -> Response:  # noqa: A002
    """Return the original image file, if the service stores originals."""
    response = picture(await history.original(owner, id), BYTES)
    # An uploaded file must not be shown as a page of this site.
    response.headers["Content-Disposition"] = "attachment"
    return response


@router.delete("/{id}", status_code=status.HTTP_204_NO_CONTENT, response_class=Response)
async def delete_record(id: UUID, owner: OwnerDep, history: HistoryDep) -> None:  # noqa: A002
    """Delete a record with its reviews, case label and folder permanently."""
    await history.delete(owner, id)


@router.post("/{id}/reviews", status_code=status.HTTP_201_CREATED)
async def review_record(
    id: UUID,  # noqa: A002
    request: ReviewRequest,
    owner: OwnerDep,
    history: HistoryDep,
    predictor: PredictorDep,
) -> Review:
    """Add a review; the model's result and earlier reviews do not change."""
    return await history.review(owner, id, request, predictor.bundle.config.verdict_labels)


@router.put("/{id}/filing")
async def file_record(
    id: UUID,  # noqa: A002 -- the path's name
    filing: Filing,
    owner: OwnerDep,
    history: HistoryDep,
) -> Filing:
    """Replace the case label and folder of a record."""
    return await history.file(owner, id, filing)
