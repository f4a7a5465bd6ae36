"""The model, the caller's options, and the watcher of a slide's progress."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from hf_space.inference.engine import predict_patches
from hf_space.inference.probe import probe_patches

if TYPE_CHECKING:
    from hf_space.bundle.calibration import OperatingPoint
    from hf_space.bundle.load import Bundle
    from hf_space.inference.engine import Engine
    from hf_space.slides.scan import FoundSlide


@dataclass(frozen=True, slots=True)
class SlideModel:
    """A verified bundle and a warmed-up engine."""

    bundle: Bundle
    engine: Engine

    def gives_features(self) -> bool:
        """Return whether the network returns pooled features; runs it on a drawn patch."""
        config = self.bundle.config
        patches = probe_patches(config.patch_size_pixels)[:1]
        return predict_patches(self.engine, config, patches).features is not None


@dataclass(frozen=True, slots=True)
class SlideOptions:
    """The caller's options.

    Attributes:
        point: The rule that gives a tile its verdict.
        point_name: Its name; None for a threshold of the caller's own.
        formats: What is written, by the names in `outputs.FILES`.
        microns_per_pixel: Scale of level 0; None: the file's own.
        overlap: Share of a tile that the next one covers too: 0 or 0.5.
    """

    point: OperatingPoint
    point_name: str | None
    formats: frozenset[str]
    microns_per_pixel: float | None = None
    overlap: float = 0.0

    def of(self, slide: FoundSlide) -> SlideOptions:
        """Return the same for a slide: a scale that is stated for it counts more."""
        scale = slide.stated.microns_per_pixel or self.microns_per_pixel
        return replace(self, microns_per_pixel=scale)


class Watcher(Protocol):
    """Gets the progress of a slide, in the thread that called `process_slide`."""

    def note(self, message: str) -> None:
        """Show a message."""
        ...

    def begin(self, total: int, done: int) -> None:
        """Show how many tiles the slide has, and how many an earlier run has scored."""
        ...

    def advance(self, tiles: int) -> None:
        """Show that some more tiles are scored."""
        ...
