"""The model bundle from a repository on the Hugging Face Hub."""

from __future__ import annotations

import logging
import sys
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Final

import httpx2
from huggingface_hub import HfApi, ResolvedRevision, snapshot_download
from huggingface_hub.errors import (
    HfHubHTTPError,
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RevisionNotFoundError,
    RevisionResolutionError,
)
from huggingface_hub.utils.tqdm import disable_progress_bars

from hf_space.bundle.config import KNOWN_FILES
from hf_space.bundle.load import Bundle, Origin, load_bundle
from hf_space.errors import BundleError, FetchError

_MAIN: Final = "main"
# Without a limit the client waits for this response forever.
_RESPONSE_SECONDS: Final = 10
_BUSY: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}

logger = logging.getLogger(__name__)


def fetch_bundle(repo: str, revision: str | None) -> Bundle:
    """Download a bundle, or take huggingface_hub's cached copy if the Hub is unreachable; check it.

    The endpoint, the token and the cache are huggingface_hub's own: ``HF_ENDPOINT``, ``HF_TOKEN``,
    ``HF_HOME``. A file that is damaged, in transfer or in the cache, is fetched once more.

    Args:
        repo: Repository, `owner/name`.
        revision: Branch, tag or commit; None: the branch `main`.

    Raises:
        FetchError: The Hub does not respond and the cache has no sound copy of the revision, or the
            download broke off.
        BundleError: There is no such repository or revision, the token has no access, or its files
            do not match ``inference.json``.
    """
    if not sys.stderr.isatty():
        # A log is no place for them.
        disable_progress_bars()
    found = _at_hub(repo, revision or _MAIN)
    path = _snapshot(repo, found or revision or _MAIN, offline=found is None)
    if found is None:
        logger.warning(
            "the Hub is unreachable: %s comes from the cache, at commit %s", repo, path.name
        )
    try:
        bundle = load_bundle(path)
    except BundleError as error:
        if found is None:
            raise FetchError(f"{repo} lies damaged in the cache: {error}") from error
        logger.warning("%s is downloaded again: %s", repo, error)
        bundle = load_bundle(_snapshot(repo, found, again=True))
    origin = Origin("hub" if found else "cache", repo, path.name, pinned=revision == path.name)
    return replace(bundle, origin=origin)


def _at_hub(repo: str, revision: str) -> ResolvedRevision | None:
    """Return the commit that a revision means today; None when the Hub does not respond."""
    api = HfApi()
    try:
        # Only the first request takes a time limit. The client stores the response of the second,
        # for when the Hub is unreachable.
        api.model_info(repo, revision=revision, timeout=_RESPONSE_SECONDS)
        return api.resolve_revision(repo, revision=revision)
    except RevisionNotFoundError as error:
        raise BundleError(f"{repo} has no revision {revision!r}") from error
    except HfHubHTTPError as error:
        if _passes(error):
            return None
        raise _refused(repo, error) from error
    except (httpx2.TransportError, OfflineModeIsEnabled, RevisionResolutionError):
        return None
    except ValueError as error:
        raise BundleError(
            f"{repo} cannot be asked for ({type(error).__name__}): check BIOPSIA_MODEL_REPO, "
            "HF_ENDPOINT and HF_TOKEN"
        ) from error


def _snapshot(repo: str, revision: str, *, offline: bool = False, again: bool = False) -> Path:
    try:
        return Path(
            snapshot_download(
                repo,
                revision=revision,
                # The service needs no other files of the repository.
                allow_patterns=[*KNOWN_FILES],
                local_files_only=offline,
                force_download=again,
            )
        )
    except LocalEntryNotFoundError as error:
        raise FetchError(
            f"the Hub is unreachable and the cache has no whole copy of {repo} at {revision}: "
            "check the network, HF_ENDPOINT and HF_HUB_OFFLINE"
        ) from error
    except HfHubHTTPError as error:
        if _passes(error):
            raise FetchError(f"the Hub is in trouble: cannot fetch {repo} at {revision}") from error
        raise _refused(repo, error) from error
    # The last two are what the client, and the library that downloads for it, raise when a
    # download fails. Their texts may hold signed addresses.
    except (httpx2.TransportError, OSError, RuntimeError, ValueError) as error:
        said = getattr(error, "strerror", None) or type(error).__name__
        raise FetchError(f"cannot fetch {repo} at {revision}: {said}") from error


def _passes(error: HfHubHTTPError) -> bool:
    status = error.response.status_code
    return status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY


def _refused(repo: str, error: HfHubHTTPError) -> BundleError:
    return BundleError(
        f"the Hub has no {repo} that the token may read (status "
        f"{error.response.status_code}): check BIOPSIA_MODEL_REPO and HF_TOKEN"
    )
