"""The slides that a command names: files, folders, addresses, or a list of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from hf_space.cli.echo import echo, shown
from hf_space.imaging.readers import suffixes
from hf_space.messages.catalogue import text
from hf_space.slides.addresses import is_address
from hf_space.slides.manifest import ManifestError, find_listed, parse_manifest
from hf_space.slides.results import read_place
from hf_space.slides.scan import FoundSlides, find_slides
from hf_space.slides.walk import mode_of

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence


def find_named(
    paths: Sequence[str] | None, manifest: str | None, truth: str | None, out: str
) -> FoundSlides:
    """Return the slides that a command names.

    Args:
        paths: Files, folders and addresses.
        manifest: Path or address of a list of slides, in place of those.
        truth: Path or address of the annotations of the only slide.
        out: Path or address of the results.

    Raises:
        typer.BadParameter: They name no slide, or contradict one another.
        MissingPackageError: An address needs packages that are not installed.
    """
    if bool(paths) == (manifest is not None):
        raise typer.BadParameter(text("slide.files_or_manifest", "en"))
    folder = None if is_address(out) else Path(out)
    found = _listed(manifest, folder) if manifest else _found(paths or (), folder)
    if truth is not None:
        if len(found.slides) != 1:
            message = text("slide.truth_of_one", "en", count=len(found.slides))
            raise typer.BadParameter(message, param_hint="'--truth'")
        (slide,) = found.slides
        found.slides[:] = [replace(slide, stated=replace(slide.stated, truth=truth))]
    if folder:
        _check_folders(found, folder)
    _check_clients(found)
    return found


def print_left_out(found: FoundSlides) -> None:
    """Print which files of the folders are not scored, and why."""
    if found.results:
        folders = ", ".join(dict.fromkeys(str(folder.parent) for folder in found.results))
        tell("earlier_results", count=len(found.results), folders=folders)
    if found.links:
        tell("links", links=", ".join(map(str, found.links)))
    if found.repeated:
        tell("repeated", files=", ".join(map(str, found.repeated)))
    if found.special:
        tell("special", files=", ".join(map(str, found.special)))
    if found.left_out:
        tell("left_out", count=found.left_out.total(), files=_by_suffix(found.left_out))
    if found.hidden:
        tell("hidden", count=len(found.hidden), first=found.hidden[0].name)
    if not suffixes().isdisjoint(found.left_out):
        tell("pictures")


def tell(key: str, *, count: int | None = None, **values: str) -> None:
    """Print the sentence `slide.KEY` to standard error."""
    echo(text(f"slide.{key}", "en", count=count, **values), err=True)


def _found(paths: Sequence[str], out: Path | None) -> FoundSlides:
    local = [Path(path) for path in paths if not is_address(path)]
    addresses = [path for path in paths if is_address(path)]
    if not addresses and all(mode_of(path) is None for path in local):
        message = text("slide.none_exist", "en", paths=", ".join(map(str, local)))
        raise typer.BadParameter(shown(message))
    found = find_slides(local, out, addresses)
    if not found.slides:
        print_left_out(found)
        raise typer.BadParameter(text("slide.none_found", "en"))
    return found


def _listed(manifest: str, out: Path | None) -> FoundSlides:
    hint = "'--manifest'"
    try:
        rows = parse_manifest(read_place(manifest), manifest)
        found = find_listed(rows, out)
    except ManifestError as error:
        raise typer.BadParameter(shown(str(error)), param_hint=hint) from error
    except OSError as error:
        path, reason = error.filename or manifest, error.strerror or str(error)
        message = text("slide.not_read", "en", path=path, reason=reason)
        raise typer.BadParameter(shown(message), param_hint=hint) from error
    if not found.slides:
        raise typer.BadParameter(text("slide.none_found", "en"), param_hint=hint)
    return found


def _check_folders(found: FoundSlides, out: Path) -> None:
    for slide in found.slides:
        folder = out / slide.name
        if _is_taken(folder, slide.path):
            message = text("slide.in_the_way", "en", path=folder)
            raise typer.BadParameter(shown(message))


def _check_clients(found: FoundSlides) -> None:
    """Raise MissingPackageError where slides or annotations need packages that are missing."""
    named = (place for slide in found.slides for place in (slide.address, slide.stated.truth))
    addresses = {place.partition("://")[0]: place for place in named if is_address(place)}
    for address in addresses.values():
        # Imported here because they need optional packages.
        from hf_space.slides.remote.store import StoredObject

        StoredObject(address)


def _is_taken(folder: Path, slide: Path) -> bool:
    """Tell whether a folder of results would be a file, or the folder of the slide itself."""
    try:
        return folder.is_file() or folder.samefile(slide)
    except OSError:
        # One of them does not exist.
        return False


def _by_suffix(left_out: Counter[str]) -> str:
    return ", ".join(
        text("slide.of_suffix" if suffix else "slide.without_suffix", "en", count=n, suffix=suffix)
        for suffix, n in left_out.most_common()
    )
