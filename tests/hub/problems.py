"""Refusals of the local Hub, with the messages and headers that its clients expect."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse


class HubError(Exception):
    """A refusal.

    Attributes:
        status: HTTP status.
        message: For people; in the body and in `X-Error-Message`.
        headers: `X-Error-Code` and the like, by which the client chooses its exception.
    """

    def __init__(self, status: int, message: str, code: str | None = None, **headers: str) -> None:
        """Set the answer; underscores in names of headers stand for hyphens."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.headers["X-Error-Message"] = message
        if code:
            self.headers["X-Error-Code"] = code


def unknown_token() -> HubError:
    """Return the refusal of an invalid token."""
    return HubError(401, "Invalid credentials in Authorization header")


def needs_token() -> HubError:
    """Return the refusal of a request without a token."""
    return HubError(401, "Invalid username or password.")


def forbidden(message: str) -> HubError:
    """Return the refusal of a token without the rights."""
    return HubError(403, message)


def no_repository(*, anonymous: bool) -> HubError:
    """Return the answer for something that does not exist or is hidden from this visitor."""
    return HubError(401 if anonymous else 404, "Repository not found", "RepoNotFound")


def no_revision(revision: str) -> HubError:
    """Return the answer for an unknown branch, tag or commit."""
    return HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")


def no_entry(message: str, commit: str) -> HubError:
    """Return the answer for a path that a commit does not have."""
    return HubError(404, message, "EntryNotFound", X_Repo_Commit=commit)


def gated(*, anonymous: bool) -> HubError:
    """Return the answer for files behind a form that the visitor has not signed."""
    message = "Access to this repository is restricted and you are not in the authorized list."
    return HubError(401 if anonymous else 403, message, "GatedRepo")


async def answer_refusal(_: Request, error: Exception) -> JSONResponse:
    """Turn a refusal into its response."""
    if not isinstance(error, HubError):
        raise error
    return JSONResponse({"error": error.message}, error.status, error.headers)
