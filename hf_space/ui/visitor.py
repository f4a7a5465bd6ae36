"""The owner of the page's history: a token that the browser keeps, or an API key's owner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import gradio as gr

from hf_space.access.visitor import owner_of_token
from hf_space.errors import CredentialsError
from hf_space.messages.language import accepted_language

if TYPE_CHECKING:
    from hf_space.access.visitor import Visitor
    from hf_space.messages.language import Language

# `gradio.BrowserState` does not handle blocked storage: the page would then never appear.
_RECALL: Final = (Path(__file__).parent / "visitor.js").read_text("utf-8")


@dataclass(frozen=True, slots=True)
class Visit:
    """Values sent by the browser; they are not shown on the page.

    Attributes:
        token: Names the owner of a history.
        zone: The time zone, as IANA names it.
    """

    token: gr.Textbox
    zone: gr.Textbox


def build_visit(blocks: gr.Blocks) -> Visit:
    """Add the fields that the browser fills in once the page is loaded."""
    visit = Visit(gr.Textbox(visible=False), gr.Textbox(visible=False))
    blocks.load(
        fn=None,
        js=_RECALL,
        outputs=[visit.token, visit.zone],
        show_progress="hidden",
        api_visibility="private",
    )
    return visit


def language_of(request: gr.Request | None) -> Language:
    """Return the language that the visitor's browser prefers."""
    return accepted_language(request.headers.get("accept-language", "") if request else "")


def page_owner(token: object, request: gr.Request) -> bytes:
    """Return the owner of a page's call; raises CredentialsError for a bad token.

    An owner in a header counts first, as from browsers that were asked for an API key. Cookies are
    ignored: a Space's page gets them in its own window but not in a frame.
    """
    visitor = caller(request)
    if not (visitor.is_new or visitor.by_cookie):
        return visitor.owner
    owner = owner_of_token(token) if isinstance(token, str) else None
    if owner is None:
        raise CredentialsError("The page has no visitor's token; load it again.")
    return owner


def known_page_owner(token: object, request: gr.Request) -> bytes | None:
    """Return the owner of a page's call; None if there is none, see `page_owner`."""
    try:
        return page_owner(token, request)
    except CredentialsError:
        return None


def caller_owner(request: gr.Request) -> bytes | None:
    """Return the owner that a call's own headers name; None without one."""
    visitor = caller(request)
    return None if visitor.is_new else visitor.owner


def caller(request: gr.Request) -> Visitor:
    """Return the visitor of a call, as identified by the service's middleware."""
    web = request.request
    assert web is not None  # noqa: S101 -- the demo is only called over HTTP
    visitor: Visitor = web.scope["state"]["visitor"]
    return visitor
