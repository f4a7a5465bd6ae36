"""The Biopsia service: histology image in, calibrated and explained result out.

Example:
    >>> import hf_space
    >>> model = hf_space.load()  # doctest: +SKIP
    >>> model.predict("image.png", microns_per_pixel=0.5).verdict  # doctest: +SKIP
    'benign'
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hf_space.observability.version import VERSION as __version__

if TYPE_CHECKING:
    from pathlib import Path

    from hf_space.cli.python import Model

__all__ = ["__version__", "load"]


def load(source: str | Path | None = None, *, revision: str | None = None) -> Model:
    """Load a model into this process.

    Args:
        source: Folder of a model bundle, or repository on the Hugging Face Hub, `owner/name`; by
            default the bundled model, unless the environment names another one.
        revision: Branch, tag or commit of the repository; by default its branch `main`.

    Raises:
        BundleError: There is no such model, or it is incomplete or altered.
        SettingsError: An environment variable of the service is wrong.
    """
    # Imported here so that importing the package alone stays quick.
    from hf_space.cli.python import load_model

    return load_model(source, revision)
