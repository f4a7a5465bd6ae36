"""What the files and the result depend on besides the scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import BaseModel, ConfigDict

from hf_space.messages.catalogue import text

if TYPE_CHECKING:
    from hf_space.bundle.calibration import OperatingPoint

# Raised with any change of what is written.
_FORMAT: Final = 4


class WriteKey(BaseModel):
    """What the files of a slide depend on, beside its scores."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    format: int = _FORMAT
    threshold: float
    uncertain_band: tuple[float, float] | None
    operating_point: str | None

    @classmethod
    def of(cls, point: OperatingPoint, name: str | None) -> WriteKey:
        """Return what the files depend on when tiles are judged by a rule of that name."""
        return cls(threshold=point.threshold, uncertain_band=point.band, operating_point=name)

    def told(self) -> str:
        """Return the threshold and its name for people."""
        kind = "named" if self.operating_point else "own"
        threshold = f"{self.threshold:.4g}"
        return text(f"slide.rule.{kind}", "en", threshold=threshold, point=self.operating_point)
