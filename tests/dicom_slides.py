"""Write drawn slides as DICOM: one file for each level, and a label, as scanners do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import imagecodecs
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import UID, JPEGBaseline8Bit

from tests.drawn_slide import DrawnSlide
from tests.slides import TELLTALE, TILE, jpeg_tiles, label_image

# VL Whole Slide Microscopy Image Storage.
_SLIDE: Final = UID("1.2.840.10008.5.1.4.1.1.77.1.6")
_ROOT: Final = "1.2.826.0.1.3680043.8.498.15"
_SERIES: Final = 2


def write_dicom(
    folder: Path,
    slide: DrawnSlide | None = None,
    *,
    downsamples: Sequence[float] = (1, 4, 16),
    has_scale: bool = True,
    parts: int = 1,
    series: int = _SERIES,
) -> Path:
    """Write a slide into a folder.

    Args:
        folder: Is made where it is missing.
        slide: What is on it.
        downsamples: Of each level, beginning with 1.
        has_scale: Whether the pixels' spacing is stated.
        parts: In how many instances level 0 is stored, as a concatenation.
        series: Tells slides in one folder apart, and their files.
    """
    slide = slide or DrawnSlide()
    folder.mkdir(parents=True, exist_ok=True)
    for index, downsample in enumerate(downsamples):
        tiles = list(jpeg_tiles(slide, downsample))
        count = parts if index == 0 else 1
        size = -(-len(tiles) // count)
        for part in range(count):
            dataset = _level(slide, index, downsample, has_scale=has_scale)
            own = tiles[part * size : (part + 1) * size]
            if count > 1:
                _concatenate(dataset, part, count, first=part * size)
            dataset.SeriesInstanceUID = f"{_ROOT}.{series}"
            name = f"level-{index}-{part}.dcm" if series == _SERIES else f"{series}-{index}.dcm"
            _save(dataset, own, folder / name)
    label = _label()
    label.SeriesInstanceUID = f"{_ROOT}.{series}"
    _save(label, [_encoded_label()], folder / f"label{'' if series == _SERIES else series}.dcm")
    return folder


def _level(slide: DrawnSlide, index: int, downsample: float, *, has_scale: bool) -> Dataset:
    width, height = slide.level_size(downsample)
    dataset = _image(f"{index + 1}", "VOLUME", width, height, TILE, TILE)
    dataset.ImageType[3] = "RESAMPLED" if index else "NONE"
    across, down = slide.microns_per_pixel
    # The area of the whole, in mm, as the standard has it.
    dataset.ImagedVolumeWidth = slide.width * across / 1000
    dataset.ImagedVolumeHeight = slide.height * down / 1000
    if has_scale:
        spacing = [down * slide.height / height / 1000, across * slide.width / width / 1000]
        measures = Dataset()
        measures.PixelSpacing = [f"{value:.10f}" for value in spacing]
        measures.SliceThickness = "0.001"
        shared = Dataset()
        shared.PixelMeasuresSequence = [measures]
        dataset.SharedFunctionalGroupsSequence = [shared]
    return dataset


def _label() -> Dataset:
    height, width = label_image().shape[:2]
    return _image("99", "LABEL", width, height, width, height)


def _image(number: str, flavour: str, width: int, height: int, columns: int, rows: int) -> Dataset:
    dataset = Dataset()
    dataset.SOPClassUID = _SLIDE
    dataset.SOPInstanceUID = f"{_ROOT}.3.{number}"
    dataset.StudyInstanceUID = f"{_ROOT}.1"
    dataset.FrameOfReferenceUID = f"{_ROOT}.4"
    dataset.Modality = "SM"
    dataset.PatientName = TELLTALE
    dataset.PatientID = TELLTALE
    dataset.ContainerIdentifier = TELLTALE
    dataset.ImageType = ["DERIVED", "PRIMARY", flavour, "NONE"]
    dataset.InstanceNumber = number
    dataset.DimensionOrganizationType = "TILED_FULL"
    dataset.TotalPixelMatrixColumns, dataset.TotalPixelMatrixRows = width, height
    dataset.Columns, dataset.Rows = columns, rows
    dataset.NumberOfFrames = -(-width // columns) * -(-height // rows)
    dataset.SamplesPerPixel = 3
    dataset.PhotometricInterpretation = "YBR_FULL_422"
    dataset.PlanarConfiguration = 0
    dataset.BitsAllocated = dataset.BitsStored = 8
    dataset.HighBit, dataset.PixelRepresentation = 7, 0
    dataset.TotalPixelMatrixFocalPlanes = 1
    dataset.NumberOfOpticalPaths = 1
    dataset.LossyImageCompression = "01"
    return dataset


def _concatenate(dataset: Dataset, part: int, count: int, *, first: int) -> None:
    dataset.SOPInstanceUID = f"{dataset.SOPInstanceUID}.{part}"
    dataset.SOPInstanceUIDOfConcatenationSource = f"{_ROOT}.3.1"
    dataset.ConcatenationUID = f"{_ROOT}.5"
    dataset.InConcatenationNumber = part + 1
    dataset.InConcatenationTotalNumber = count
    dataset.ConcatenationFrameOffsetNumber = first


def _encoded_label() -> bytes:
    encoded = imagecodecs.jpeg8_encode(
        label_image(), colorspace="RGB", outcolorspace="YCBCR", subsampling="422"
    )
    return bytes(encoded)


def _save(dataset: Dataset, frames: Sequence[bytes], path: Path) -> None:
    dataset.NumberOfFrames = len(frames)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = _SLIDE
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.file_meta = meta
    dataset.PixelData = encapsulate(list(frames))
    dataset["PixelData"].is_undefined_length = True
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)
