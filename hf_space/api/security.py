"""Security headers, which restrict what a browser does with a response."""

from __future__ import annotations

import re
from typing import Final

SECURITY_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), browsing-topics=()",
    "Strict-Transport-Security": "max-age=63072000",
}
"""For every response; `Strict-Transport-Security` takes effect over HTTPS only."""

POLICY_HEADER: Final = "Content-Security-Policy"
API_POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""For responses that are not a page."""

DOCS_PATH: Final = re.compile(r"/(docs|static-offline-docs)(/.*)?")
"""Whole paths of the API's documentation."""

# The page starts its script inline, and its script styles the page inline.
DOCS_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""For the API's documentation."""

DEMO_POLICY: Final = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob:; "
    "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors 'self' https://huggingface.co https://*.hf.space"
)
"""For the demo's page.

Gradio starts its script inline and compiles the functions that run in the browser, and the Hub's
page shows a Space.
"""
