"""The service's responses to pictures from outside the data set."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tqdm import tqdm

from hf_space.bundle.load import load_bundle
from hf_space.errors import BiopsiaError, BundleError
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
from hf_space.settings import Settings
from training.data.manifest import UNKNOWN, Picture, read_manifest
from training.errors import ConfigurationError
from training.metrics import ScoredPatches

_ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class Response:
    """The service's response to a picture.

    Attributes:
        probability: Calibrated; None if the service returned an error.
        verdict: Of the result; None with an error.
        reasons: Codes that withhold the verdict.
        cautions: Codes of warnings that do not.
        error: Code of the error, or None.
    """

    probability: float | None
    verdict: str | None
    reasons: tuple[str, ...]
    cautions: tuple[str, ...]
    error: str | None

    @property
    def outcome(self) -> str:
        """The share of `outside` in which it counts."""
        if self.error is not None:
            return "refused"
        if self.reasons:
            return "withheld"
        if self.cautions:
            return "warned"
        return "inconclusive" if self.verdict == "uncertain" else "silent"


def outside(bundle: Path, manifest: Path, *, progress: bool) -> dict[str, Any]:
    """Score every picture of a manifest with the service's own predictor, at the default threshold.

    Args:
        bundle: Folder of the bundle.
        manifest: CSV file; see `read_manifest`.
        progress: Show a progress bar on stderr.

    Returns:
        ``all`` and, under ``kinds``, each kind with each of its scales: number of images; ROC AUC,
        sensitivity and specificity of those with a label and a probability, withheld or not, None
        where undefined; shares of images ``refused`` with an error, ``withheld``, ``warned`` by a
        caution, ``inconclusive``, and given a verdict without any warning (``silent``), which add
        up to 1; how often each code occurred. ``pictures`` holds the response to each.

    Raises:
        ConfigurationError: The bundle cannot be used.
        SourceError: The manifest or one of its files cannot be read.
    """
    pictures = read_manifest(manifest)
    with _predictor(bundle) as predictor:
        name, point = predictor.operating_point(PredictOptions())
        responses = asyncio.run(_ask_all(predictor, pictures, progress=progress))
        model = predictor.model.model_dump()

    def figures(chosen: Callable[[Picture], bool]) -> dict[str, Any]:
        pairs = [pair for pair in zip(pictures, responses, strict=True) if chosen(pair[0])]
        return group_figures(pairs, point.threshold)

    def of_kind(kind: str) -> dict[str, Any]:
        own = {picture.microns_per_pixel for picture in pictures if picture.kind == kind}
        scales = sorted(own, key=lambda scale: scale or 0)
        return {_ALL: figures(lambda picture: picture.kind == kind)} | {
            _scale_name(scale): figures(
                lambda picture, scale=scale: (
                    picture.kind == kind  # type: ignore[misc]
                    and picture.microns_per_pixel == scale
                )
            )
            for scale in scales
        }

    return {
        "model": model,
        "operating_point": name,
        "threshold": point.threshold,
        # The name only: the report is published, and a path would describe the machine.
        "manifest": manifest.name,
        _ALL: figures(lambda _: True),
        "kinds": {kind: of_kind(kind) for kind in sorted({p.kind for p in pictures})},
        "pictures": [
            {"file": picture.file, "kind": picture.kind, "label": picture.label, **asdict(response)}
            for picture, response in zip(pictures, responses, strict=True)
        ],
    }


def group_figures(pairs: Sequence[tuple[Picture, Response]], threshold: float) -> dict[str, Any]:
    """Return the figures of `outside` for some pictures and their responses.

    Args:
        pairs: At least one.
        threshold: Threshold of the calibrated probability.
    """
    responses = [response for _, response in pairs]
    outcomes = Counter(response.outcome for response in responses)
    judged = [
        (picture.label, response.probability)
        for picture, response in pairs
        if picture.label is not None and response.probability is not None
    ]
    shares = ("refused", "withheld", "warned", "inconclusive", "silent")
    return {
        "images": len(pairs),
        "labelled": len(judged),
        "positive": sum(label for label, _ in judged),
        **_accuracy(judged, threshold),
        **{share: outcomes[share] / len(pairs) for share in shares},
        "codes": dict(
            sorted(
                Counter(
                    code
                    for response in responses
                    for code in (*response.reasons, *response.cautions, response.error)
                    if code is not None
                ).items()
            )
        ),
    }


def _accuracy(judged: Sequence[tuple[int, float]], threshold: float) -> dict[str, float | None]:
    names = {"roc_auc": "roc_auc", "sensitivity": "recall", "specificity": "specificity"}
    if not judged:
        return dict.fromkeys(names)
    labels, probabilities = zip(*judged, strict=True)
    found = ScoredPatches(labels, probabilities).metrics(threshold)
    values = {name: float(found[metric][0]) for name, metric in names.items()}
    return {name: None if math.isnan(value) else value for name, value in values.items()}


@contextmanager
def _predictor(bundle: Path) -> Iterator[Predictor]:
    try:
        predictor = Predictor(load_bundle(bundle), Settings())
    except BundleError as error:
        raise ConfigurationError(str(error)) from error
    try:
        yield predictor
    finally:
        predictor.close()


async def _ask_all(
    predictor: Predictor, pictures: Sequence[Picture], *, progress: bool
) -> list[Response]:
    bar = tqdm(pictures, desc="asking", unit="img", disable=not progress)
    return [await _ask(predictor, picture) for picture in bar]


async def _ask(predictor: Predictor, picture: Picture) -> Response:
    options = PredictOptions(explain=False, save=False, microns_per_pixel=picture.microns_per_pixel)
    try:
        result = await predictor.predict(picture.path.read_bytes(), options, patient=True)
    except BiopsiaError as error:
        return Response(None, None, (), (), error.code)
    return _response(result)


def _response(result: PredictionResult) -> Response:
    cautions = (w.code for w in result.warnings if w.severity == "caution")
    return Response(
        probability=result.probability,
        verdict=result.verdict,
        reasons=tuple(result.reasons),
        cautions=tuple(cautions),
        error=None,
    )


def _scale_name(scale: float | None) -> str:
    return UNKNOWN if scale is None else f"{scale:g}"
