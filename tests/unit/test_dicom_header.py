"""Which files of a folder are one slide, by the headers that scanners and archives write."""

from __future__ import annotations

import struct
from pathlib import Path

import pydicom
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from hf_space.errors import CorruptImageError, UnsupportedImageError
from hf_space.imaging.readers.dicom import SlideInstance, slide_instance
from hf_space.imaging.readers.openslide import dicom_file
from hf_space.imaging.readers.slide_file import open_slide
from tests.dicom_slides import write_dicom
from tests.drawn_slide import DrawnSlide
from tests.slides import truncate

SLIDE = UID("1.2.840.10008.5.1.4.1.1.77.1.6")
SYNTAXES = [ExplicitVRLittleEndian, ImplicitVRLittleEndian]
META = b"\x02\0\x10\0UI\x12\0" + b"1.2.840.10008.1.2\0"


def write(
    path: Path,
    series: str,
    *,
    flavour: str = "VOLUME",
    derived: str = "NONE",
    syntax: UID = ExplicitVRLittleEndian,
) -> Path:
    """Write a header and few pixels; like archives, it refers to another series before its own."""
    dataset = Dataset()
    dataset.SOPClassUID = SLIDE
    dataset.SOPInstanceUID = f"{series}.1"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", flavour, derived]
    dataset.ReferencedSeriesSequence = [nested()]
    dataset["ReferencedSeriesSequence"].is_undefined_length = True
    dataset.SourceImageSequence = [nested()]
    dataset.add_new(0x00091001, "UN", b"\x20\0\x0e\0UI\x04\x009.9\0")
    dataset.SeriesInstanceUID = series
    dataset.PerFrameFunctionalGroupsSequence = [nested()]
    dataset["PerFrameFunctionalGroupsSequence"].is_undefined_length = True
    dataset.add_new(0x7FE00010, "OW", bytes(12))
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
    assert slide_instance(path) == SlideInstance(b"1.2.345", is_original=True)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("flavour", ["LABEL", "OVERVIEW", "THUMBNAIL"])
def test_other_pictures_are_of_no_series(tmp_path: Path, flavour: str, syntax: UID) -> None:
    other = write(tmp_path / "0.dcm", "1.2.1", flavour=flavour, syntax=syntax)
    assert slide_instance(other) is None
    with pytest.raises(UnsupportedImageError, match="no DICOM slide"):
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
    assert slide_instance(path) == SlideInstance(b"1.2.345", is_original=True)


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
def test_a_damaged_header_is_refused(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "1.dcm"
    path.write_bytes(bytes(128) + b"DICM" + rest)
    with pytest.raises(CorruptImageError, match="truncated or damaged"):
        slide_instance(path)


def test_a_file_that_ends_anywhere_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "1.dcm", "1.2.345")
    content = path.read_bytes()
    for size in range(len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(CorruptImageError):
            slide_instance(path)


def test_what_is_no_slide_may_end_anywhere(tmp_path: Path) -> None:
    report = pydicom.dcmread(write(tmp_path / "0", "1.2.1"))
    report.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.88.33")
    del report.PixelData
    report.save_as(tmp_path / "report.dcm")
    (tmp_path / "0").write_text("no DICOM")
    content = (tmp_path / "report.dcm").read_bytes()
    (tmp_path / "report.dcm").write_bytes(content[: len(content) // 2])
    write(tmp_path / "label.dcm", "1.2.2", flavour="LABEL")
    truncate(tmp_path / "label.dcm", keep=0.9)
    level = write(tmp_path / "level.dcm", "1.2.3")
    assert dicom_file(tmp_path) == level


SLIDE_FILES = ["level-0-0.dcm", "level-1-0.dcm", "level-2-0.dcm"]


@pytest.fixture
def series(tmp_path: Path) -> Path:
    return write_dicom(tmp_path / "series", DrawnSlide(width=1200, height=900))


@pytest.mark.parametrize("opened", ["", SLIDE_FILES[1]])
def test_a_slide_without_its_finest_level_is_refused(series: Path, opened: str) -> None:
    (series / SLIDE_FILES[0]).unlink()
    with pytest.raises(CorruptImageError, match="finest level is missing"):
        open_slide(series / opened)


def test_a_slide_without_another_level_is_read(series: Path) -> None:
    (series / SLIDE_FILES[1]).unlink()
    with open_slide(series) as reader:
        assert [level.width for level in reader.levels] == [1200, 75]


@pytest.mark.parametrize("opened", ["", SLIDE_FILES[1]])
@pytest.mark.parametrize("name", SLIDE_FILES)
@pytest.mark.parametrize("keep", [0.5, 0.999])
def test_a_level_that_is_cut_off_is_told(series: Path, name: str, keep: float, opened: str) -> None:
    truncate(series / name, keep=keep)
    with pytest.raises(CorruptImageError, match="truncated"):
        open_slide(series / opened)


@pytest.mark.parametrize("name", SLIDE_FILES)
@pytest.mark.parametrize("size", [0, 100, 132, 400])
def test_a_level_of_which_little_is_left_is_told(series: Path, name: str, size: int) -> None:
    (series / name).write_bytes((series / name).read_bytes()[:size])
    with pytest.raises(CorruptImageError, match="truncated"):
        open_slide(series)


def test_files_of_another_slide_in_the_folder_do_not_count(series: Path) -> None:
    write_dicom(series, DrawnSlide(width=600, height=500), series=3)
    (series / "3-0.dcm").unlink()
    with open_slide(series / SLIDE_FILES[0]) as reader:
        assert (reader.width, reader.height) == (1200, 900)
    with pytest.raises(CorruptImageError, match="finest"):
        open_slide(series / "3-1.dcm")


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_reduced_level_is_none_that_was_scanned(tmp_path: Path, syntax: UID) -> None:
    level = write(tmp_path / "1.dcm", "1.2.3", derived="RESAMPLED", syntax=syntax)
    assert slide_instance(level) == SlideInstance(b"1.2.3", is_original=False)
