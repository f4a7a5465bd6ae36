"""What is known of a prediction while it is computed, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hf_space.prediction.trust import result_warning
from hf_space.schemas.stream import ImageEvent, TilesEvent, TissueEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hf_space.imaging.tiling import Tiles
    from hf_space.schemas.prediction import ImageFacts, Kind, PredictionResult, ResultWarning
    from hf_space.schemas.prediction import ImageWarningCode as Code


@dataclass(frozen=True, slots=True)
class TissueFound:
    """The tiles of a region, and the warnings about it that are known before they are scored.

    Attributes:
        tiles: The region, with its pixels.
        microns_per_pixel: Scale of the tiles.
        warnings: Codes of the warnings.
    """

    tiles: Tiles
    microns_per_pixel: float
    warnings: Sequence[Code]

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


Progress = ImageEvent | TissueFound | TilesEvent
Listener = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """Listen to nothing."""


def image_event(facts: ImageFacts, kind: Kind, codes: Iterable[Code]) -> ImageEvent:
    """Return what is told of an image when its header was read.

    Args:
        facts: Its size and scale.
        kind: As what it will be scored.
        codes: Of the warnings that are known already.
    """
    return _image_event(facts, kind, [result_warning(code) for code in codes])


def image_event_of(result: PredictionResult) -> ImageEvent:
    """Return the same of a result that was there already."""
    return _image_event(result.image, result.kind, result.warnings)


def _image_event(facts: ImageFacts, kind: Kind, warnings: list[ResultWarning]) -> ImageEvent:
    return ImageEvent(
        width=facts.width,
        height=facts.height,
        microns_per_pixel=facts.microns_per_pixel,
        microns_per_pixel_xy=facts.microns_per_pixel_xy,
        scale_source=facts.scale_source,
        kind=kind,
        warnings=warnings,
    )
