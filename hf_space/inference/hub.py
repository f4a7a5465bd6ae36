"""The model bundle from a repository on the Hugging Face Hub."""

from __future__ import annotations

import logging
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx2
from huggingface_hub import HfApi, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from hf_space.errors import BundleError, FetchError
from hf_space.inference.bundle import Bundle, Origin, load_bundle

_MAIN: Final = "main"
# Left to itself, the client waits for this answer without end.
_ANSWER_SECONDS: Final = 10

logger = logging.getLogger(__name__)


def fetch_bundle(repo: str, revision: str | None) -> Bundle:
    """Download a bundle, or take it from huggingface_hub's cache when the Hub is away; verify it.

    The endpoint, the token and the cache are huggingface_hub's own: ``HF_ENDPOINT``, ``HF_TOKEN``,
    ``HF_HOME``. What was damaged on its way, or lies damaged in the cache, is fetched once more.

    Args:
        repo: Repository, `owner/name`.
        revision: Branch, tag or commit; None: the branch `main`.

    Raises:
        FetchError: The Hub does not answer and the cache has no whole copy of the revision, or the
            download broke off.
        BundleError: There is no such repository or revision, the token does not open it, or its
            files are not what ``inference.json`` says.
    """
    revision = revision or _MAIN
    commit = _commit_at_hub(repo, revision)
    path = _snapshot(repo, revision, offline=commit is None)
    current = path.name == commit
    if not current:
        logger.warning("the Hub is away: %s comes from the cache, at commit %s", repo, path.name)
    try:
        bundle = load_bundle(path)
    except BundleError as error:
        if not current:
            raise
        logger.warning("%s is downloaded again: %s", repo, error)
        bundle = load_bundle(_snapshot(repo, path.name, again=True))
    return replace(bundle, origin=Origin("hub" if current else "cache", repo, path.name))


def _commit_at_hub(repo: str, revision: str) -> str | None:
    """Return the commit that a revision means today; None when the Hub does not answer."""
    try:
        return HfApi().model_info(repo, revision=revision, timeout=_ANSWER_SECONDS).sha
    except RevisionNotFoundError as error:
        raise BundleError(f"{repo} has no revision {revision!r}") from error
    except RepositoryNotFoundError as error:
        raise BundleError(
            f"the Hub has no {repo} that the token may read: check BIOPSIA_MODEL_REPO and HF_TOKEN"
        ) from error
    except HfHubHTTPError as error:
        if error.response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return None
        raise BundleError(f"the Hub refuses {repo}: {error}") from error
    except (httpx2.TransportError, OfflineModeIsEnabled):
        return None


def _snapshot(repo: str, revision: str, *, offline: bool = False, again: bool = False) -> Path:
    try:
        return Path(
            snapshot_download(
                repo, revision=revision, local_files_only=offline, force_download=again
            )
        )
    # Its errors are OSErrors, as those of the disk are.
    except (httpx2.TransportError, OSError) as error:
        raise FetchError(f"cannot fetch {repo} at {revision}: {error}") from error
