"""The Python API: runs the model in this process, for programs and notebooks."""

from __future__ import annotations

import io
import logging
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypedDict

import numpy as np
from PIL import Image
from pydantic import ValidationError
from tqdm import tqdm

from hf_space.cli.images import find_images, named_images
from hf_space.cli.loop_thread import LoopThread
from hf_space.errors import BundleError, InvalidOptionsError, UnsupportedImageError
from hf_space.messages.catalogue import text
from hf_space.prediction.batch import predict_many
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.options import Mode, PredictOptions, invalid_options
from hf_space.schemas.slide import SlideResult
from hf_space.settings.environment import read_settings
from hf_space.slides.errors import SlideFailedError
from hf_space.slides.options import SlideModel
from hf_space.slides.outputs import BY_DEFAULT
from hf_space.slides.run import process_slides, slide_options
from hf_space.slides.scan import find_slides

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Self, Unpack

    from numpy.typing import NDArray

    from hf_space.schemas.batch import BatchItem
    from hf_space.schemas.prediction import ModelName, PredictionResult
    from hf_space.settings import Settings

_REPOSITORY: Final = re.compile(r"[\w.-]+/[\w.-]+")

logger = logging.getLogger(__name__)


class Options(TypedDict, total=False):
    """Options of a prediction, as `POST /predict/` takes them.

    Attributes:
        microns_per_pixel: Scale of the image; read from the file if it is not given.
        operating_point: `balanced`, `high_sensitivity`, or another of the model.
        threshold: Own threshold, 0 to 1, in place of an operating point.
        mode: `auto`, `patch` or `region`.
        explain: Draw the evidence into `gradcam.overlay` and `region.heatmap`; True by default.
    """

    microns_per_pixel: float | None
    operating_point: str | None
    threshold: float | None
    mode: Mode
    explain: bool


def load_model(source: str | Path | None, revision: str | None) -> Model:
    """Load a model, see `hf_space.load`."""
    settings = read_settings()
    if source is None:
        return Model(settings)
    if Path(source).is_dir():
        changes: dict[str, object] = {"model_dir": Path(source), "model_repo": None}
    elif _REPOSITORY.fullmatch(str(source)):
        changes = {"model_repo": str(source), "model_revision": revision}
    else:
        raise BundleError(f"{source} is neither a folder nor a repository, as owner/name")
    return Model(settings.model_copy(update=changes))


class Model:
    """A loaded model. Results are those of the service; nothing is saved.

    It may be used from many threads, and in a notebook. `hf_space.load` returns one; close it, or
    use it as a context manager, to free its threads before the process ends.
    """

    def __init__(self, settings: Settings) -> None:
        """Load the model that settings name.

        Raises:
            BundleError: It is missing, incomplete or altered, or cannot run.
        """
        self._settings = settings
        self._loop = LoopThread()
        try:
            self._predictor = self._loop.run(_loaded(settings))
        except BaseException:
            self._loop.close()
            raise

    @property
    def model(self) -> ModelName:
        """Name and revision of the model, as results have them."""
        return self._predictor.model

    def predict(
        self,
        image: str | Path | bytes | Image.Image | NDArray[np.uint8],
        **options: Unpack[Options],
    ) -> PredictionResult:
        """Classify one patch or region.

        Args:
            image: A path, the content of an image file, a Pillow image, or an array, uint8 (h, w,
                3), RGB. The last two have no scale: state it.
            **options: See `Options`.

        Returns:
            What `POST /predict/` returns.

        Raises:
            RequestError: The image or an option cannot be used; see `hf_space.errors`.
            OSError: The file cannot be read.
        """
        return self._loop.run(self._predictor.predict(_content(image), _checked(options)))

    def predict_many(
        self,
        images: str | Path | Iterable[str | Path],
        *,
        progress: bool = False,
        **options: Unpack[Options],
    ) -> Iterator[BatchItem]:
        """Classify many patches and regions, several at once.

        Args:
            images: Paths of images, and of folders that are searched for images, or one such path.
            progress: Show a progress bar.
            **options: The same for all images; see `Options`.

        Returns:
            An iterator over the images in the order in which they finish. An item has the image's
            `index` and `name`, and either its `result` or an `error`; an image that cannot be
            scored does not end the others.

        Raises:
            RequestError: An option cannot be used.
            OSError: A path does not exist; no image has been scored then.
        """
        checked = _checked(options)
        self._predictor.operating_point(checked)
        # A string is iterable too, and its letters are paths.
        paths = [images] if isinstance(images, str | Path) else images
        named = named_images(find_images([Path(each) for each in paths]))
        unit = text("progress.images", "en", count=len(named))
        items = self._loop.each(predict_many(self._predictor, named, checked))
        return iter(tqdm(items, total=len(named), unit=unit, disable=not progress))

    def predict_slide(
        self,
        path: str | Path,
        *,
        microns_per_pixel: float | None = None,
        operating_point: str | None = None,
        threshold: float | None = None,
        out: str | Path | None = None,
    ) -> SlideResult:
        """Score a whole slide.

        Args:
            path: The slide: a file, or the folder of a DICOM series.
            microns_per_pixel: Scale of level 0; read from the file if it is not given.
            operating_point: As in `Options`.
            threshold: As in `Options`.
            out: Folder for the files that `biopsia slides` writes. An interrupted run resumes from
                it. By default nothing is kept.

        Returns:
            The content of the slide's `result.json`.

        Raises:
            SlideFailedError: The slide cannot be scored; it has a stable code.
            RequestError: An option cannot be used.
            ValueError: There is no slide, or there are several.
        """
        rule: Options = {"operating_point": operating_point, "threshold": threshold}
        options = _checked({"microns_per_pixel": microns_per_pixel, **rule})
        if out is not None:
            return self._score_slide(Path(path), Path(out), options, BY_DEFAULT)
        with tempfile.TemporaryDirectory() as folder:
            return self._score_slide(Path(path), Path(folder), options, frozenset({"json"}))

    def _score_slide(
        self, path: Path, out: Path, options: PredictOptions, formats: frozenset[str]
    ) -> SlideResult:
        model = SlideModel(self._predictor.bundle, self._predictor.engine)
        asked = slide_options(options, model, self._settings, overlap=0.0, formats=formats)
        found = find_slides([path], out).slides
        if len(found) != 1:
            raise ValueError(f"{path} holds {len(found)} slides; name one")
        (outcome,) = process_slides(found, out, model, asked, _Quiet())
        if outcome.state == "failed":
            raise SlideFailedError(outcome.code, outcome.message)
        return SlideResult.model_validate_json((out / outcome.name / "result.json").read_bytes())

    def close(self) -> None:
        """Free the model's threads; it cannot be used afterwards."""
        self._predictor.close()
        self._loop.close()

    def __enter__(self) -> Self:
        """Return the model."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the model."""
        self.close()


class _Quiet:
    """Logs the progress of a slide; see `Watcher`."""

    def note(self, message: str) -> None:
        logger.info("%s", message)

    def begin(self, total: int, done: int) -> None:
        logger.debug("%d of %d tiles are scored", done, total)

    def advance(self, tiles: int) -> None:
        logger.debug("%d more tiles are scored", tiles)


async def _loaded(settings: Settings) -> Predictor:
    return Predictor.from_settings(settings)


def _checked(options: Options) -> PredictOptions:
    known = Options.__annotations__
    if unknown := options.keys() - known.keys():
        named = ", ".join(sorted(unknown))
        raise InvalidOptionsError(f"unknown option {named}; the options are {', '.join(known)}")
    try:
        return PredictOptions.model_validate({**options, "save": False})
    except ValidationError as error:
        raise invalid_options(error.errors(include_input=False, include_url=False)) from error


def _content(image: str | Path | bytes | Image.Image | NDArray[np.uint8]) -> bytes:
    if isinstance(image, bytes):
        return image
    if isinstance(image, str | Path):
        return Path(image).read_bytes()
    return _png(image if isinstance(image, Image.Image) else _picture(image))


def _picture(pixels: NDArray[np.uint8]) -> Image.Image:
    pixels = np.asarray(pixels)
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not pixels.size:
        raise UnsupportedImageError(
            f"The array is {pixels.dtype} {pixels.shape}; give uint8 (height, width, 3), RGB."
        )
    return Image.fromarray(pixels)


def _png(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    try:
        picture.save(buffer, "PNG", compress_level=1)
    except OSError as error:
        raise UnsupportedImageError(
            f"A picture of mode {picture.mode} is not supported; convert it to RGB."
        ) from error
    return buffer.getvalue()
