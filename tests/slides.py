"""Write drawn slides as the files that scanners and programs make of real ones.

Every writer works tile by tile, so that a slide of 100,000 x 80,000 pixels never is in memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import cv2
import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray

from tests.drawn_slide import DrawnSlide

TELLTALE: Final = "DOE^JANE S-26-001234"
"""Stands where real slides have names: on label and macro, and in the metadata."""

LABEL_COLOUR: Final = (10, 250, 10)
"""Of label and macro; no tissue, glass or pen comes near."""

SVS_DOWNSAMPLES: Final = (1, 4, 16)
TILE: Final = 256
_QUALITY: Final = 90
# JPEG (ITU-T T.81, annex B): markers of quantization and Huffman tables, and of a scan.
_TABLES: Final = frozenset({0xDB, 0xC4})
_START_OF_SCAN: Final = 0xDA


def write_svs(
    path: Path,
    slide: DrawnSlide | None = None,
    *,
    downsamples: Sequence[float] = SVS_DOWNSAMPLES,
    mpp: float | None = -1.0,
    resolution: float | None = None,
    profile: bytes | None = None,
    compression: str | int | None = "jpeg",
    reduced: str | int | None = None,
    share_tables: bool = False,
) -> Path:
    """Write a slide as Aperio's scanners do: pages of JPEG tiles, and what stands beside them.

    Args:
        path: The file.
        slide: What is on it.
        downsamples: Of each level, beginning with 1; any factor will do.
        mpp: What the file says of its scale, in µm per pixel; None: nothing. The slide's own in x
            unless stated.
        resolution: Another scale, in µm per pixel, that the TIFF's resolution states.
        profile: An ICC profile to embed.
        compression: As tifffile names or numbers it; 33005 is Aperio's JPEG 2000.
        reduced: Compression of the levels below the first, where it is another.
        share_tables: Store the tables of JPEG tiles once, as Aperio does.
    """
    slide = slide or DrawnSlide()
    mpp = slide.microns_per_pixel[0] if mpp == -1.0 else mpp
    with tifffile.TiffWriter(path, bigtiff=_is_big(slide)) as writer:
        for index, downsample in enumerate(downsamples):
            description = _aperio_description(slide, downsample, mpp)
            options: dict[str, Any] = {"description": description, "iccprofile": profile}
            if resolution:
                options |= {"resolution": (1e4 / resolution,) * 2, "resolutionunit": "CENTIMETER"}
            chosen = reduced if index and reduced else compression
            if share_tables:
                options["jpegtables"] = jpeg_parts(_jpeg(slide, downsample, 0, 0))[0]
            _write_level(writer, slide, downsample, compression=chosen, **options)
            if index == 0:
                thumbnail = cv2.resize(label_image(), (256, 192))
                _write_beside(writer, thumbnail, description)
        for name, kind in (("label", 1), ("macro", 9)):
            text = f"Aperio Image Library v12.0.15 \r\n{name} 387x463 {TELLTALE}"
            _write_beside(writer, label_image(), text, subfiletype=kind)
    return path


def write_ome_tiff(
    path: Path,
    slide: DrawnSlide | None = None,
    *,
    downsamples: Sequence[float] = (1, 2, 4, 8),
    compression: str = "jpeg",
    has_scale: bool = True,
) -> Path:
    """Write an OME-TIFF whose reduced copies are SubIFDs, with a label image as second series."""
    slide = slide or DrawnSlide()
    across, down = slide.microns_per_pixel
    scale: dict[str, Any] = {"PhysicalSizeX": across, "PhysicalSizeY": down}
    units = {"PhysicalSizeXUnit": "µm", "PhysicalSizeYUnit": "µm"}
    metadata = {"axes": "YXS", "Name": "slide", **(scale | units if has_scale else {})}
    with tifffile.TiffWriter(path, ome=True, bigtiff=_is_big(slide)) as writer:
        for index, downsample in enumerate(downsamples):
            options = {"subifds": len(downsamples) - 1, "metadata": metadata}
            below = {"subfiletype": 1, "metadata": None}
            chosen = below if index else options
            _write_level(writer, slide, downsample, compression=compression, **chosen)
        metadata = {"axes": "YXS", "Name": f"label {TELLTALE}"}
        writer.write(label_image(), photometric="rgb", metadata=metadata)
    return path


def write_pyramid(
    path: Path,
    slide: DrawnSlide | None = None,
    *,
    downsamples: Sequence[float] = (1, 2.7, 9.1),
    compression: str | None = "jpeg",
    has_scale: bool = True,
    profile: bytes | None = None,
    broken: int | None = None,
) -> Path:
    """Write a pyramid of pages without any vendor's mark, as libvips and GDAL do.

    Args:
        path: The file.
        slide: What is on it.
        downsamples: Of each level, beginning with 1; any factor will do.
        compression: As tifffile names it.
        has_scale: Whether the resolution states the slide's scale, in x and in y.
        profile: An ICC profile to embed.
        broken: Number of a tile of level 0 whose content is damaged.
    """
    slide = slide or DrawnSlide()
    per_centimetre = tuple(1e4 / scale for scale in slide.microns_per_pixel)
    scale = {"resolution": per_centimetre, "resolutionunit": "CENTIMETER"}
    with tifffile.TiffWriter(path, bigtiff=_is_big(slide)) as writer:
        for index, downsample in enumerate(downsamples):
            options: dict[str, Any] = scale if has_scale and not index else {}
            options = options | {"subfiletype": min(index, 1), "iccprofile": profile}
            _write_level(writer, slide, downsample, compression=compression, **options)
    if broken is not None:
        break_tile(path, broken)
    return path


def break_tile(path: Path, number: int, *, page: int = 0) -> Path:
    """Overwrite the content of a tile with noise."""
    with tifffile.TiffFile(path) as file:
        found = file.pages[page]
        assert isinstance(found, tifffile.TiffPage)
        start, size = found.dataoffsets[number], found.databytecounts[number]
    with path.open("r+b") as raw:
        raw.seek(start)
        raw.write(bytes(np.random.default_rng(0).integers(0, 250, size, np.uint8)))
    return path


def truncate(path: Path, *, keep: float = 0.5) -> Path:
    """Cut a file off, as a copy that was interrupted."""
    with path.open("r+b") as raw:
        raw.truncate(int(path.stat().st_size * keep))
    return path


def label_image() -> NDArray[np.uint8]:
    """Draw a label with a name on it, uint8 (463, 387, 3)."""
    label = np.full((463, 387, 3), LABEL_COLOUR, np.uint8)
    font, black = cv2.FONT_HERSHEY_SIMPLEX, (0, 0, 0)
    cv2.putText(label, TELLTALE, (5, 200), font, 0.9, black, thickness=2)
    return label


def tile_grid(slide: DrawnSlide, downsample: float) -> tuple[int, int]:
    """Return how many tiles a level has across and down."""
    width, height = slide.level_size(downsample)
    return -(-width // TILE), -(-height // TILE)


def jpeg_tiles(slide: DrawnSlide, downsample: float) -> Iterator[bytes]:
    """Yield the tiles of a level, row by row; equal ones are drawn and encoded once."""
    known: dict[tuple[int, int], bytes] = {}
    across, down = tile_grid(slide, downsample)
    periods = [period / TILE for period in slide.repeats_after(downsample)]
    repeats = all(period == int(period) for period in periods)
    for row in range(down):
        for column in range(across):
            place = (row, column)
            if repeats:
                place = (row % int(periods[1]), column % int(periods[0]))
            if place not in known:
                known[place] = _jpeg(slide, downsample, row, column)
            yield known[place]
            if not repeats:
                known.clear()


def jpeg_parts(jpeg: bytes) -> tuple[bytes, bytes]:
    """Part a JPEG into a file of its tables, and one of the rest."""
    tables, rest, place = b"", b"", 2
    while jpeg[place + 1] != _START_OF_SCAN:
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4])
        if jpeg[place + 1] in _TABLES:
            tables += jpeg[place:end]
        else:
            rest += jpeg[place:end]
        place = end
    return b"\xff\xd8" + tables + b"\xff\xd9", b"\xff\xd8" + rest + jpeg[place:]


def _jpeg(slide: DrawnSlide, downsample: float, row: int, column: int) -> bytes:
    tile = slide.part(column * TILE, row * TILE, TILE, TILE, slide.reduction(downsample))
    encoded = imagecodecs.jpeg8_encode(
        tile, level=_QUALITY, colorspace="RGB", outcolorspace="YCBCR", subsampling="420"
    )
    return bytes(encoded)


def _write_level(
    writer: tifffile.TiffWriter,
    slide: DrawnSlide,
    downsample: float,
    *,
    compression: str | int | None,
    **options: Any,
) -> None:
    width, height = slide.level_size(downsample)
    is_jpeg = compression == "jpeg"
    tiles = jpeg_tiles(slide, downsample) if is_jpeg else _raw_tiles(slide, downsample)
    if "jpegtables" in options:
        tiles = (jpeg_parts(tile)[1] for tile in jpeg_tiles(slide, downsample))
    options = {"metadata": None, "software": "", **options}
    if is_jpeg:
        options |= {"photometric": "ycbcr", "subsampling": (2, 2)}
    writer.write(
        tiles,
        shape=(height, width, 3),
        dtype=np.uint8,
        tile=(TILE, TILE),
        compression=compression,
        **{"photometric": "rgb", **options},
    )


def _raw_tiles(slide: DrawnSlide, downsample: float) -> Iterator[NDArray[np.uint8]]:
    across, down = tile_grid(slide, downsample)
    for row in range(down):
        for column in range(across):
            yield slide.part(column * TILE, row * TILE, TILE, TILE, slide.reduction(downsample))


def _write_beside(
    writer: tifffile.TiffWriter, image: NDArray[np.uint8], description: str, subfiletype: int = 0
) -> None:
    writer.write(
        image,
        photometric="rgb",
        description=description,
        subfiletype=subfiletype,
        metadata=None,
        software="",
    )


def _aperio_description(slide: DrawnSlide, downsample: float, mpp: float | None) -> str:
    width, height = slide.level_size(downsample)
    head = f"{slide.width}x{slide.height} [0,0 {slide.width}x{slide.height}] ({TILE}x{TILE})"
    if downsample > 1:
        head += f" -> {width}x{height}"
    facts = [f"Aperio Image Library v12.0.15 \r\n{head} JPEG/RGB Q={_QUALITY}", "AppMag = 20"]
    facts += ["Date = 11/29/26", f"Filename = {TELLTALE}", f"User = {TELLTALE}"]
    return "|".join(facts + ([f"MPP = {mpp:.4f}"] if mpp else []))


def _is_big(slide: DrawnSlide) -> bool:
    return slide.width * slide.height > 1 << 31
