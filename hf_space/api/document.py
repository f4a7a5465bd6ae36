"""The OpenAPI document as a text, which the site's types are generated from."""

from __future__ import annotations

import json

from hf_space.api.application import create_api
from hf_space.settings import Settings


def openapi_text() -> str:
    """Return the document that `GET /openapi.json` answers with, indented; nothing is started."""
    document = create_api(Settings()).openapi()
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
