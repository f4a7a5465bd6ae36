"""Puts an answer into its owner's history, and says what became of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hf_space.history.codec import record_of
from hf_space.schemas.prediction import PredictionResult, ResultWarning

if TYPE_CHECKING:
    from hf_space.bundle.config import InferenceConfig
    from hf_space.history.writing.recorder import Recorder
    from hf_space.prediction.cached_result import CachedResult

_WARNINGS: Final = {
    "delayed": ResultWarning(
        code="save_delayed",
        message="The history is away; the answer will be in it when it is back.",
    ),
    "lost": ResultWarning(
        code="not_saved", message="The history is away, and the answer could not be kept."
    ),
}


class Keeper:
    """Saves answers of one model."""

    def __init__(self, recorder: Recorder, config: InferenceConfig, *, originals: bool) -> None:
        """Save through a recorder.

        Args:
            recorder: Writes the records.
            config: Says the model's patch.
            originals: Keep the image files too.
        """
        self._recorder = recorder
        self._patch_microns = config.patch_microns
        self._originals = originals

    async def save(self, computed: CachedResult, data: bytes, owner: bytes) -> PredictionResult:
        """Save an answer, and return it with ``saved`` set, or with a warning.

        Args:
            computed: The answer and its thumbnail.
            data: The image file.
            owner: Whose it is.
        """
        record = record_of(
            computed.result,
            owner=owner,
            thumbnail=computed.thumbnail,
            original=data if self._originals else None,
            patch_microns=self._patch_microns,
        )
        outcome = await self._recorder.save(record)
        result = computed.result
        if outcome == "saved":
            return result.model_copy(update={"saved": True})
        return result.model_copy(update={"warnings": [*result.warnings, _WARNINGS[outcome]]})
