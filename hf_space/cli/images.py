"""Score images from the command line: patches and regions, each a file of its own."""

from __future__ import annotations

import asyncio
import inspect
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from tqdm import tqdm

from hf_space.cli.echo import echo
from hf_space.cli.options import PointName, Threshold, checked_options, checked_settings
from hf_space.cli.outputs import (
    FOLDER_FORMATS,
    InOrder,
    Outputs,
    Rows,
    failed,
    open_folders,
    open_table,
    print_json,
)
from hf_space.errors import BiopsiaError, ScaleError, UnknownOperatingPointError
from hf_space.exports.formats import ExportFormat
from hf_space.imaging.readers import suffixes
from hf_space.imaging.resolution import check_enlargement
from hf_space.imaging.zip_archive import NamedImage, is_hidden
from hf_space.messages.catalogue import text, warning_message
from hf_space.prediction.batch import predict_many
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.options import Mode, PredictOptions
from hf_space.settings import Settings

# These no longer appear when the user states the scale.
_SCALE_WARNINGS: Final = frozenset({"scale_unknown", "scale_assumed", "scale_conflict"})


def _with_folder_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option `--SUFFIX DIR` for each format that has one file an image."""
    signature = inspect.signature(command, eval_str=True)
    own = [each for each in signature.parameters.values() if each.kind is not each.VAR_KEYWORD]
    options = [_folder_option(each) for each in FOLDER_FORMATS.values()]
    command.__signature__ = signature.replace(parameters=[*own, *options])  # type: ignore[attr-defined]
    return command


def _folder_option(export_format: ExportFormat) -> inspect.Parameter:
    name = f"NAME.{export_format.suffix}"
    text = f"Write {name} per image to this folder, as {export_format.label}."
    option = typer.Option(help=text, metavar="DIR", file_okay=False)
    kind, annotation = inspect.Parameter.KEYWORD_ONLY, Annotated[Path | None, option]
    return inspect.Parameter(export_format.suffix, kind, default=None, annotation=annotation)


@_with_folder_options
def predict(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Images or folders of images.")],
    csv_file: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            dir_okay=False,
            help="Write a table with a row per image to this new file.",
        ),
    ] = None,
    overlays: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            file_okay=False,
            help="Write NAME.jpg per image to this folder: the image with the evidence drawn on "
            "it.",
        ),
    ] = None,
    as_json: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool, typer.Option("--json", help="Print one line of JSON per image.")
    ] = False,
    operating_point: PointName = None,
    threshold: Threshold = None,
    microns_per_pixel: Annotated[
        float | None,
        typer.Option(
            help="Scale of all images, in µm per pixel; read from each file if unset. Without "
            "either, only images of patch size get a verdict."
        ),
    ] = None,
    mode: Annotated[
        Mode,
        typer.Option(
            help="auto goes by size; patch refuses larger images; region tiles even a patch."
        ),
    ] = "auto",
    **folders: Path | None,
) -> None:
    """Score images, patches or regions, each in a file of its own. Nothing is saved in a history.

    Exits with 1 if an image could not be scored.
    """
    options = checked_options(
        operating_point=operating_point,
        threshold=threshold,
        microns_per_pixel=microns_per_pixel,
        mode=mode,
        explain=overlays is not None,
    )
    settings = checked_settings()
    if not (paths := find_images(files)):
        raise typer.BadParameter(text("command.no_images", "en"))
    # Fail now, not after an hour of scoring.
    table = open_table(csv_file) if csv_file else None
    show = print_json if as_json else Rows().print
    outputs = Outputs(show, table, open_folders({**folders, "jpg": overlays}, paths))
    _score_all(paths, options, settings, outputs)
    if not as_json:
        _print_warnings(outputs.items, options)
    _print_left_out(files)
    raise typer.Exit(any(item.error for item in outputs.items))


def find_images(paths: list[Path]) -> list[Path]:
    """Return the files named, and the images in the folders named, at any depth, sorted.

    Hidden files, and the files that macOS and Windows put beside pictures, are left out, as in
    zips.
    """
    known = suffixes()
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found.extend(p for p in _visible_files(path) if p.suffix.lower() in known)
        else:
            found.append(path)
    return found


def _visible_files(folder: Path) -> list[Path]:
    inside = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in inside if not is_hidden(path.relative_to(folder)))


def _print_left_out(paths: list[Path]) -> None:
    """Print how many files in the named folders are not images, by suffix."""
    known = suffixes()
    inside = (file for path in paths if path.is_dir() for file in _visible_files(path))
    counts = Counter(file.suffix.lower() or file.name for file in inside)
    others = [f"{count} {name}" for name, count in counts.most_common() if name not in known]
    if others:
        echo(text("command.left_out", "en", files=", ".join(others)), err=True)


def _score_all(
    paths: list[Path], options: PredictOptions, settings: Settings, outputs: Outputs
) -> None:
    ordered = InOrder(outputs.write)
    try:
        asyncio.run(_score(paths, options, settings, ordered.put))
    except BiopsiaError as error:
        raise failed(f"{error.code}: {error.message}") from error
    finally:
        # However the run ended, scored images are written.
        ordered.flush()


async def _score(
    paths: list[Path],
    options: PredictOptions,
    settings: Settings,
    tell: Callable[[BatchItem], None],
) -> None:
    predictor = Predictor.from_settings(settings)
    images = named_images(paths)
    try:
        _check_for_model(options, predictor)
        unit = text("progress.images", "en", count=len(paths))
        with tqdm(total=len(paths), unit=unit, disable=None) as bar:
            async for item in predict_many(predictor, images, options):
                with tqdm.external_write_mode():
                    tell(item)
                bar.update()
    finally:
        await asyncio.to_thread(predictor.close)


def _check_for_model(options: PredictOptions, predictor: Predictor) -> None:
    """Check once that the model supports the options, not for each image; raises BadParameter."""
    try:
        predictor.operating_point(options)
        if scale := options.microns_per_pixel:
            check_enlargement((scale, scale), predictor.bundle.config.microns_per_pixel)
    except UnknownOperatingPointError as error:
        raise typer.BadParameter(error.message, param_hint="'--operating-point'") from error
    except ScaleError as error:
        raise typer.BadParameter(error.message, param_hint="'--microns-per-pixel'") from error


def named_images(paths: list[Path]) -> list[NamedImage]:
    """Return files that are read later, one by one; raises OSError if one does not exist."""
    return [NamedImage(_encodable(path), path.read_bytes, path.stat().st_size) for path in paths]


def _encodable(path: Path) -> str:
    """Return a path as results name it: bytes that are not UTF-8 are escaped."""
    return str(path).encode(errors="backslashreplace").decode()


def _print_warnings(items: list[BatchItem], options: PredictOptions) -> None:
    """Explain each warning once, below all lines, with the number of images that have it."""
    results = [item.result for item in items if item.result]
    counts = Counter(each.code for result in results for each in result.warnings)
    for code, count in counts.most_common():
        told = {"code": code, "found": count, "message": warning_message(code)}
        echo(text("command.warning", "en", count=len(results), **told), err=True)
    if options.microns_per_pixel is None and not counts.keys().isdisjoint(_SCALE_WARNINGS):
        echo(text("command.state_scale", "en"), err=True)
