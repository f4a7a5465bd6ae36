"""Score files and folders, and describe the API and its settings, from the command line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from pydantic import ValidationError
from tqdm import tqdm

from hf_space.errors import BiopsiaError
from hf_space.exports.predictions import image_row, write_csv
from hf_space.imaging.zip_archive import NamedImage
from hf_space.messages.catalogue import text
from hf_space.prediction.batch import predict_many
from hf_space.prediction.predictor import Predictor
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.options import PredictOptions
from hf_space.settings import Settings, settings_table

SUFFIXES: Final = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def _main() -> None:
    """Find invasive ductal carcinoma in H&E tissue. For research and teaching only."""


@app.command()
def predict(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Images, or folders of images.")],
    csv_file: Annotated[
        Path | None, typer.Option("--csv", help="Write one row for each image to this file.")
    ] = None,
    as_json: Annotated[  # noqa: FBT002 -- typer makes a flag of it
        bool, typer.Option("--json", help="Print one JSON result for each image.")
    ] = False,
    operating_point: Annotated[
        str | None, typer.Option(help="balanced, high_sensitivity, or another of the model.")
    ] = None,
    threshold: Annotated[float | None, typer.Option(help="Own threshold, 0 to 1.")] = None,
    microns_per_pixel: Annotated[
        float | None, typer.Option(help="Scale of the images; 4 is assumed where it is unknown.")
    ] = None,
    mode: Annotated[Literal["auto", "patch", "region"], typer.Option()] = "auto",
) -> None:
    """Score images; exits with 1 when any could not be scored."""
    try:
        options = PredictOptions(
            operating_point=operating_point,
            threshold=threshold,
            microns_per_pixel=microns_per_pixel,
            mode=mode,
            explain=False,
        )
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from error
    paths = find_images(files)
    if not paths:
        raise typer.BadParameter(text("command.no_images", "en"))
    if csv_file:
        # Now, not after an hour of scoring.
        _check_writable(csv_file)
    try:
        items = asyncio.run(_score(paths, options, _print_json if as_json else _print_row))
    except BiopsiaError as error:
        typer.echo(f"{error.code}: {error.message}", err=True)
        raise typer.Exit(1) from error
    if csv_file:
        with csv_file.open("w", newline="", encoding="utf-8") as file:
            write_csv(file, [image_row(item) for item in items])
    raise typer.Exit(any(item.error for item in items))


@app.command()
def openapi() -> None:
    """Print the API's OpenAPI document, as `GET /openapi.json` has it; needs no model."""
    # Only here: the HTTP door takes a while to import, and scoring does without.
    from hf_space.api.app import create_api
    from hf_space.api.openapi import openapi_text

    typer.echo(openapi_text(create_api(Settings())), nl=False)


@app.command()
def settings() -> None:
    """Print every environment variable of the service, with default and meaning, as Markdown."""
    typer.echo(settings_table())


def find_images(paths: list[Path]) -> list[Path]:
    """Return the files named, and the images in the folders named, at any depth, sorted."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = (p for p in path.rglob("*") if p.suffix.lower() in SUFFIXES and p.is_file())
            found.extend(sorted(inside))
        else:
            found.append(path)
    return found


def _check_writable(path: Path) -> None:
    try:
        path.touch()
    except OSError as error:
        message = text("command.not_writable", "en", path=path, reason=error.strerror)
        raise typer.BadParameter(message) from error


async def _score(
    paths: list[Path], options: PredictOptions, tell: Callable[[BatchItem], None]
) -> list[BatchItem]:
    predictor = Predictor.from_settings(Settings())
    images = [NamedImage(str(path), path.read_bytes) for path in paths]
    items = []
    try:
        unit = text("progress.images", "en", count=len(paths))
        with tqdm(total=len(paths), unit=unit, disable=None) as bar:
            async for item in predict_many(predictor, images, options):
                with tqdm.external_write_mode():
                    tell(item)
                items.append(item)
                bar.update()
    finally:
        await asyncio.to_thread(predictor.close)
    return sorted(items, key=lambda item: item.index)


def _print_json(item: BatchItem) -> None:
    typer.echo(item.model_dump_json())


def _print_row(item: BatchItem) -> None:
    if item.error:
        typer.echo(f"{item.name}: {item.error.message}", err=True)
    if item.result:
        result = item.result
        line = f"{result.probability:.3f}  {result.verdict:<9}  {item.name}"
        codes = ", ".join(warning.code for warning in result.warnings)
        typer.echo(f"{line}  ({codes})" if codes else line)
