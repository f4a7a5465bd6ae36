"""Previews of images before they are scored, for browsers that cannot draw the format."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response

from hf_space.api.dependencies import (
    LargeBodyRoute,
    PreviewsDep,
    SenderDep,
    SettingsDep,
    hold_image,
)
from hf_space.api.errors import ERROR_RESPONSES
from hf_space.api.pictures import WEBP, picture, picture_responses
from hf_space.api.request_body import IMAGE_PART, MULTIPART, read_image, while_connected

router = APIRouter(route_class=LargeBodyRoute, tags=["predict"], responses=ERROR_RESPONSES)

# The route reads the body itself, so that it can limit it.
_REQUEST_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            MULTIPART: {
                "schema": {
                    "title": "ImageForm",
                    "type": "object",
                    "properties": {IMAGE_PART: {"type": "string", "format": "binary"}},
                    "required": [IMAGE_PART],
                    "additionalProperties": False,
                }
            }
        },
    }
}


@router.post(
    "/preview/",
    dependencies=[Depends(hold_image)],
    responses=picture_responses(WEBP),
    response_class=Response,
    openapi_extra=_REQUEST_BODY,
)
async def preview(
    request: Request, previews: PreviewsDep, settings: SettingsDep, sender: SenderDep
) -> Response:
    """Return an image as a WebP of at most 1024 px, unscored; nothing is saved."""
    data = await read_image(request, max_image_bytes=settings.max_upload_bytes)
    drawn = await while_connected(request.receive, previews.draw(data, sender))
    response = picture(drawn, WEBP)
    response.headers["Cache-Control"] = "no-store"
    return response
