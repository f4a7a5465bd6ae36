"""Responses that a browser saves as files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any, Final

from fastapi import Depends, Path
from fastapi.responses import StreamingResponse

from hf_space.errors import UnknownPathError
from hf_space.exports.formats import FORMATS, ExportFormat
from hf_space.schemas.prediction import PredictionResult

EXPORT_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {each.media_type: {} for each in FORMATS.values()}}
}
"""The OpenAPI responses of a route that exports a result."""


async def get_export_format(
    suffix: Annotated[str, Path(json_schema_extra={"enum": [*FORMATS]})],
) -> ExportFormat:
    """Return the format that the path names; raises UnknownPathError if there is none."""
    chosen = FORMATS.get(suffix)
    if chosen is None:
        raise UnknownPathError(f"There is no export.{suffix}; use one of {', '.join(FORMATS)}.")
    return chosen


ExportFormatDep = Annotated[ExportFormat, Depends(get_export_format)]


def result_file(result: PredictionResult, chosen: ExportFormat) -> StreamingResponse:
    """Return a result as a file of the chosen format."""
    return download(chosen.chunks(result), chosen.media_type, chosen.file_name(result))


def download(
    content: AsyncIterator[str | bytes] | Iterator[bytes], media_type: str, name: str
) -> StreamingResponse:
    """Return a response that the browser saves under a name instead of showing it."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(content, media_type=media_type, headers=headers)
