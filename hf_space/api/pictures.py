"""Responses that are pictures."""

from __future__ import annotations

from typing import Any, Final

from fastapi import Response

WEBP: Final = "image/webp"
BYTES: Final = "application/octet-stream"

_BINARY: Final = {"type": "string", "format": "binary"}


def picture_responses(media_type: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI responses of a route that returns a picture."""
    return {200: {"content": {media_type: {"schema": _BINARY}}}}


def picture(content: bytes, media_type: str) -> Response:
    """Return a picture that browsers do not interpret as another type."""
    return Response(content, media_type=media_type, headers={"X-Content-Type-Options": "nosniff"})
