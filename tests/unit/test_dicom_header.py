"""Which files of a folder are one slide, by the headers that scanners and archives write."""

from __future__ import annotations

import struct
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from hf_space.errors import UnsupportedImageError
from hf_space.imaging.readers.dicom import slide_series
from hf_space.imaging.readers.openslide import dicom_file
from hf_space.imaging.readers.slide_file import open_slide
from tests.dicom_slides import write_dicom
from tests.drawn_slide import DrawnSlide

SLIDE = UID("1.2.840.10008.5.1.4.1.1.77.1.6")
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
META = b"\x02\0\x10\0UI\x12\0" + b"1.2.840.10008.1.2\0"


def write(
    path: Path, series: str, *, flavour: str = "VOLUME", syntax: UID = ExplicitVRLittleEndian
) -> Path:
    """Write a header without pixels; like archives, it refers to another series before its own."""
    dataset = Dataset()
    dataset.SOPClassUID = SLIDE
    dataset.SOPInstanceUID = f"{series}.1"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", flavour, "NONE"]
    dataset.ReferencedSeriesSequence = [nested()]
    dataset["ReferencedSeriesSequence"].is_undefined_length = True
    dataset.SourceImageSequence = [nested()]
    dataset.add_new(0x00091001, "UN", b"\x20\0\x0e\0UI\x04\x009.9\0")
    dataset.SeriesInstanceUID = series
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = SLIDE
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.file_meta.TransferSyntaxUID = syntax
    pydicom.dcmwrite(path, dataset, enforce_file_format=True)
    return path


def nested() -> Dataset:
    deep = Dataset()
    deep.SeriesInstanceUID = "9.8"
    item = Dataset()
    item.SeriesInstanceUID = "9.9"
    item.ReferencedSeriesSequence = [deep, Dataset()]
    item["ReferencedSeriesSequence"].is_undefined_length = True
    item.is_undefined_length_sequence_item = True
    return item


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_the_series_is_the_files_own(tmp_path: Path, syntax: UID) -> None:
    path = write(tmp_path / "1.dcm", "1.2.345", syntax=syntax)
    assert b"9.9" in path.read_bytes()
    assert slide_series(path) == b"1.2.345"


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("flavour", ["LABEL", "OVERVIEW", "THUMBNAIL"])
def test_other_pictures_are_of_no_series(tmp_path: Path, flavour: str, syntax: UID) -> None:
    other = write(tmp_path / "0.dcm", "1.2.1", flavour=flavour, syntax=syntax)
    assert slide_series(other) is None
    with pytest.raises(UnsupportedImageError, match="no slide"):
        dicom_file(tmp_path)
    level = write(tmp_path / "1.dcm", "1.2.2", syntax=syntax)
    assert dicom_file(tmp_path) == level
    write(tmp_path / "2.dcm", "1.2.3", syntax=syntax)
    with pytest.raises(UnsupportedImageError, match="several"):
        dicom_file(tmp_path)


def test_a_slide_whose_label_has_a_series_of_its_own_is_read(tmp_path: Path) -> None:
    folder = write_dicom(tmp_path / "series", DrawnSlide(width=600, height=500), downsamples=(1,))
    label = pydicom.dcmread(folder / "label.dcm")
    label.SeriesInstanceUID = f"{label.SeriesInstanceUID}.7"
    label.save_as(folder / "a label.dcm")
    (folder / "label.dcm").unlink()
    with open_slide(folder) as reader:
        assert (reader.width, reader.height) == (600, 500)


def test_a_value_of_unknown_kind_and_length_is_skipped(tmp_path: Path) -> None:
    path = write(tmp_path / "1.dcm", "1.2.345")
    inner = b"\x08\0\x05\0\x04\0\0\0abcd"
    item = b"\xfe\xff\0\xe0\xff\xff\xff\xff" + inner + b"\xfe\xff\x0d\xe0\0\0\0\0"
    unknown = b"\x09\0\x02\x10UN\0\0\xff\xff\xff\xff" + item + b"\xfe\xff\xdd\xe0\0\0\0\0"
    content = path.read_bytes()
    place = content.rindex(b"\x20\0\x0e\0UI")
    path.write_bytes(content[:place] + unknown + content[place:])
    assert slide_series(path) == b"1.2.345"


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        bytes(9999),
        b"\x08\0\x05\0zz\x02\0ab",
        META + bytes(2_000_000),
        META + b"\x08\0\x05\0\xff\xff\xff\xff" * 1000,
        META + b"\x08\0\x05\0" + struct.pack("<I", 0xFFFFFFFE),
    ],
)
def test_a_damaged_header_is_of_no_series(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "1.dcm"
    path.write_bytes(bytes(128) + b"DICM" + rest)
    assert slide_series(path) is None


def test_a_header_that_ends_anywhere_is_of_no_series(tmp_path: Path) -> None:
    path = write(tmp_path / "1.dcm", "1.2.345")
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        assert slide_series(path) is None
