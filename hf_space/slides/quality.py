"""How well the model can read a slide, from a sample of its tiles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from hf_space.messages.catalogue import text
from hf_space.schemas.prediction import ResultWarning
from hf_space.schemas.slide import SlideQuality

if TYPE_CHECKING:
    from hf_space.slides.scores import SlideScores

CAUTION_FRACTION: Final = 0.25
"""From this share of the tiles checked on, a result has a caution.

Each limit leaves out about 1 % of good patches, so that a quarter seldom comes by chance. Regions
are judged by their median tile; on a slide that would leave as much as half of the tissue unsaid,
in which foci may be missed.
"""

_DECIMALS: Final = 6


def slide_quality(scores: SlideScores) -> SlideQuality:
    """Return how many tiles were looked at, and what was found."""
    checked, blurred, unlike = (int(count) for count in scores.quality)
    return SlideQuality(
        tiles_checked=checked,
        tiles_out_of_focus=blurred,
        tiles_unlike_training=unlike,
        out_of_focus_fraction=round(blurred / checked, _DECIMALS),
        unlike_training_fraction=round(unlike / checked, _DECIMALS),
    )


def quality_cautions(quality: SlideQuality) -> list[ResultWarning]:
    """Return the reasons to trust a slide's result less; a part of a slide withholds nothing."""
    found: dict[Literal["blurred", "unlike_training"], int] = {
        "blurred": quality.tiles_out_of_focus,
        "unlike_training": quality.tiles_unlike_training,
    }
    return [
        ResultWarning(
            code=code,
            message=text(f"slide.{code}", "en", count=quality.tiles_checked, found=tiles),
            severity="caution",
        )
        for code, tiles in found.items()
        if tiles >= CAUTION_FRACTION * quality.tiles_checked
    ]
