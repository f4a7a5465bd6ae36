"""Writes results while images are scored, in the order in which the images were named."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final, get_args

import typer

from hf_space.cli.echo import echo, shown
from hf_space.exports.folder import ExportFolder
from hf_space.exports.formats import FORMATS, ExportFormat
from hf_space.exports.predictions import BATCH_TABLE
from hf_space.messages.catalogue import text
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.prediction import PredictionResult

# These have options of their own: JSON lines, and one table of all images.
FOLDER_FORMATS: Final = {
    name: each for name, each in FORMATS.items() if name not in {"json", "csv"}
}
"""Formats that have one file for each image, by their suffix."""

_VERDICTS: Final = get_args(PredictionResult.model_fields["verdict"].annotation)
_VERDICT_WIDTH: Final = max(len(text(f"verdict.{each}", "en")) for each in _VERDICTS)


class InOrder:
    """Passes items on in the order of their index, each as soon as all earlier ones are done."""

    def __init__(self, tell: Callable[[BatchItem], None]) -> None:
        """Take the function that gets the items."""
        self._tell = tell
        self._next = 0
        self._waiting: dict[int, BatchItem] = {}

    def put(self, item: BatchItem) -> None:
        """Pass an item on, with those that waited for it, or keep it until its turn."""
        self._waiting[item.index] = item
        while following := self._waiting.pop(self._next, None):
            self._next += 1
            self._tell(following)

    def flush(self) -> None:
        """Pass on the waiting items although earlier ones are missing: the run was ended."""
        for index in sorted(self._waiting):
            self._tell(self._waiting.pop(index))


class TableFile:
    """A CSV file that gets each row at once; an existing file is never overwritten."""

    def __init__(self, path: Path) -> None:
        """Check that the file can be made; the first row makes it.

        Raises:
            OSError: It cannot.
            ValueError: It exists.
        """
        if path.exists():
            raise ValueError(f"{path} exists and is not overwritten; choose another file")
        with tempfile.TemporaryFile(dir=path.parent):
            pass
        self._path = path
        self._is_begun = False

    def write(self, item: BatchItem) -> None:
        """Write a row; raises OSError."""
        with self._path.open("ab" if self._is_begun else "xb") as file:
            if not self._is_begun:
                file.write(BATCH_TABLE.header())
                self._is_begun = True
            file.write(BATCH_TABLE.line(item))


def open_table(path: Path) -> TableFile:
    """Return a table that can be written; raises BadParameter."""
    try:
        return TableFile(path)
    except ValueError as error:
        raise typer.BadParameter(shown(str(error)), param_hint="'--csv'") from error
    except OSError as error:
        raise _not_writable(path, error) from error


def open_folders(folders: Mapping[str, Path | None], images: list[Path]) -> list[ExportFolder]:
    """Return the folders that were asked for, by the suffixes of their formats.

    Raises:
        BadParameter: One cannot be written, or already has a file that would be overwritten.
    """
    formats = {**FOLDER_FORMATS, _OVERLAY.suffix: _OVERLAY}
    try:
        return [
            ExportFolder(folder, formats[suffix], images)
            for suffix, folder in folders.items()
            if folder
        ]
    except ValueError as error:
        raise typer.BadParameter(shown(str(error))) from error
    except OSError as error:
        raise _not_writable(error.filename, error) from error


def _not_writable(path: object, error: OSError) -> typer.BadParameter:
    message = text("command.not_writable", "en", path=path, reason=error.strerror)
    return typer.BadParameter(shown(message))


def write_overlay(result: PredictionResult) -> Iterator[bytes]:
    """Yield the JPEG of a patch's activation map, or of a region's tiles, drawn over the image."""
    url = result.region.heatmap if result.region else result.gradcam.overlay
    if url is not None:
        yield base64.b64decode(url.partition(",")[2])


# Not in `FORMATS`: a saved result has no drawings.
_OVERLAY: Final = ExportFormat("jpg", "JPEG", "image/jpeg", write_overlay)


class Outputs:
    """Everything that a run writes about each image.

    Attributes:
        items: The items written, without drawings, in the order of the images.
    """

    def __init__(
        self,
        show: Callable[[BatchItem], None],
        table: TableFile | None,
        folders: list[ExportFolder],
    ) -> None:
        """Take the function that shows an item, the table of all, and the folders of files."""
        self.items: list[BatchItem] = []
        self._show = show
        self._table = table
        self._folders = folders

    def write(self, item: BatchItem) -> None:
        """Write about one image; ends the command where a file cannot be written."""
        bare = _without_drawings(item)
        self.items.append(bare)
        self._show(bare)
        with _write_errors_shown():
            if self._table:
                self._table.write(item)
            if item.result:
                for folder in self._folders:
                    folder.write(item.index, item.result)


def _without_drawings(item: BatchItem) -> BatchItem:
    """Return an item without its drawings, which are many times as large."""
    if not (result := item.result):
        return item
    gradcam = result.gradcam.model_copy(update={"overlay": None})
    region = result.region and result.region.model_copy(update={"heatmap": None})
    bare = result.model_copy(update={"gradcam": gradcam, "region": region})
    return item.model_copy(update={"result": bare})


@contextmanager
def _write_errors_shown() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise failed(f"cannot write: {error}") from error


def failed(message: str) -> typer.Exit:
    """Print why a command cannot go on, and return the exception that ends it."""
    typer.echo(message, err=True)
    return typer.Exit(1)


def print_json(item: BatchItem) -> None:
    """Print an item on a line."""
    typer.echo(item.model_dump_json())


class Rows:
    """Prints a line for each image, below a header."""

    def __init__(self) -> None:
        """Print nothing yet."""
        self._is_begun = False

    def print(self, item: BatchItem) -> None:
        """Print a result, or an error to standard error."""
        if item.error:
            echo(f"{item.name}: {item.error.message}", err=True)
        if item.result:
            if not self._is_begun:
                echo(_header())
                self._is_begun = True
            echo(_row(item.name, item.result))


def _header() -> str:
    probability, verdict, image = (
        text(f"command.header.{name}", "en") for name in ("probability", "verdict", "image")
    )
    return "  ".join([probability.ljust(5), verdict.ljust(_VERDICT_WIDTH), image])


def _row(name: str | None, result: PredictionResult) -> str:
    """Return the line of one result: reasons follow the name, other warnings in brackets."""
    verdict = text(f"verdict.{result.verdict}", "en")
    others = [each.code for each in result.warnings if each.code not in result.reasons]
    parts = [f"{result.probability:.3f}", verdict.ljust(_VERDICT_WIDTH), str(name)]
    parts += [", ".join(result.reasons)] if result.reasons else []
    parts += [f"({', '.join(others)})"] if others else []
    return "  ".join(parts)
