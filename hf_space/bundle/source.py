"""Find the bundle that the settings name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_space.bundle.load import Bundle, load_bundle

if TYPE_CHECKING:
    from hf_space.settings import Settings


def find_bundle(settings: Settings) -> Bundle:
    """Return the verified bundle of the settings' repository, or of their folder; nothing else.

    Raises:
        BundleError: It is missing, incomplete or altered; see `load_bundle` and `fetch_bundle`.
    """
    if settings.model_repo is None:
        return load_bundle(settings.model_dir)
    # Only here: the Hub's client takes a while to import.
    from hf_space.bundle.hub import fetch_bundle

    return fetch_bundle(settings.model_repo, settings.model_revision)
