"""The steps of a running prediction, and their listeners."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hf_space.prediction.trust import result_warning
from hf_space.schemas.stream import ImageEvent, TilesEvent, TissueEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.imaging.tiling import Tiles
    from hf_space.schemas.prediction import ImageFacts, Kind, WarningCode


@dataclass(frozen=True, slots=True)
class ImageFound:
    """The facts in an image's header.

    Attributes:
        facts: Size and scale.
        kind: How it is scored.
        warnings: Codes of the warnings that are known by now.
    """

    facts: ImageFacts
    kind: Kind
    warnings: Sequence[WarningCode]

    @property
    def event(self) -> ImageEvent:
        """What of it goes over the wire."""
        return ImageEvent(
            width=self.facts.width,
            height=self.facts.height,
            microns_per_pixel=self.facts.microns_per_pixel,
            microns_per_pixel_xy=self.facts.microns_per_pixel_xy,
            scale_source=self.facts.scale_source,
            kind=self.kind,
            warnings=[result_warning(code) for code in self.warnings],
        )


@dataclass(frozen=True, slots=True)
class TissueFound:
    """The tiles of a region, and the warnings that are known before they are scored.

    Attributes:
        tiles: The region, with its pixels.
        microns_per_pixel: Scale of the tiles.
        warnings: Codes of the warnings.
    """

    tiles: Tiles
    microns_per_pixel: float
    warnings: Sequence[WarningCode]

    @property
    def event(self) -> TissueEvent:
        """What of it goes over the wire."""
        tissue = self.tiles.tissue
        rows, columns = tissue.shape
        return TissueEvent(
            rows=rows,
            columns=columns,
            tile_size_pixels=self.tiles.size,
            microns_per_pixel=self.microns_per_pixel,
            tissue=tissue.tolist(),
            total=int(tissue.sum()),
            warnings=[result_warning(code) for code in self.warnings],
        )


Progress = ImageFound | TissueFound | TilesEvent
Listener = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """Ignore all steps."""
