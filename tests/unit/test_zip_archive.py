"""Zips of all common programs are read, without the files that systems add."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from hf_space.cli import find_images
from hf_space.errors import ArchiveError, TooManyFilesError, UnsupportedImageError
from hf_space.imaging.zip_archive import is_hidden, zip_images
from hf_space.messages.errors import error_message
from tests.unit.test_tiff_reader import DATA
from training.data.source import open_source

LIMITS = {"max_files": 10, "max_file_bytes": 1_000_000, "max_bytes": 1_000_000}


def names(data: bytes) -> list[str | None]:
    return [image.name for image in zip_images(io.BytesIO(data), **LIMITS)]


def zipped(*files: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in files:
            archive.writestr(name, b"x")
    return file.getvalue()


def with_zip64(data: bytes, *, directory: int | None = None, place: int | None = None) -> bytes:
    """Add zip64's records, and replace the numbers of the end by placeholders."""
    end = data.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", data[end + 10 : end + 20])
    stated = size if directory is None else directory
    record = struct.pack(
        "<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, stated, start
    )
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end if place is None else place, 1)
    return data[:end] + record + locator + data[end : end + 8] + b"\xff" * 12 + bytes(2)


def test_names_parted_by_backslashes_are_paths() -> None:
    data = (DATA / "backslash_names.zip").read_bytes()
    assert names(data) == ["case 1/0/10253_idx5_x1001_y1001_class0.png"]
    (image,) = zip_images(io.BytesIO(data), **LIMITS)
    assert len(image.read()) == 6000


def test_training_reads_names_parted_by_backslashes() -> None:
    with open_source(DATA / "backslash_names.zip") as source:
        (record,) = source.records
        assert (record.case_id, record.x, record.label) == ("10253", 1001, 0)
        assert len(source.read(record)) == 6000


def test_placeholders_of_zip64_are_read() -> None:
    assert names((DATA / "zip64_end_record_placeholders.zip").read_bytes()) == ["a.png"]
    assert names(with_zip64(zipped("a.png", "b.png"))) == ["a.png", "b.png"]


def test_a_long_directory_is_refused_in_zip64_too() -> None:
    data = zipped("a.png")
    for place in (None, 0, 2**63):
        with pytest.raises(TooManyFilesError):
            names(with_zip64(data, directory=10_000_000, place=place))


def test_zip64_without_its_record_is_damaged() -> None:
    data = with_zip64(zipped("a.png"))
    with pytest.raises(ArchiveError):
        names(data.replace(b"PK\x06\x06", b"PK\x06\x00"))


def test_what_systems_add_is_left_out() -> None:
    added = (
        "._a.png",
        "__MACOSX/a.png",
        "x/.DS_Store",
        "x/Thumbs.db",
        "x/desktop.ini",
        ".git/a.png",
    )
    assert names(zipped("x/a.png", *added)) == ["x/a.png"]
    assert all(is_hidden(PurePosixPath(name)) for name in added)
    assert not is_hidden(PurePosixPath("x/a.png"))


def test_the_command_line_leaves_out_the_same(tmp_path: Path) -> None:
    for name in ("a.png", "x/b.tif", "._a.png", "x/._b.tif", "x/Thumbs.db", ".hidden/c.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [path.relative_to(tmp_path).as_posix() for path in find_images([tmp_path])]
    assert found == ["a.png", "x/b.tif"]
    # A named path is always used, also a hidden folder.
    assert find_images([tmp_path / "._a.png"]) == [tmp_path / "._a.png"]
    assert find_images([tmp_path / ".hidden"]) == [tmp_path / ".hidden" / "c.png"]
    assert DATA / "._appledouble.png" not in find_images([DATA])


@pytest.mark.parametrize("name", [b"", b"\0.png"])
def test_a_file_without_a_name_is_read(name: bytes) -> None:
    data = zipped("a.png", "b.png").replace(b"a.png", name.ljust(5, b"\0"))
    assert names(data) == [None, "b.png"]
    assert [image.read() for image in zip_images(io.BytesIO(data), **LIMITS)] == [b"x", b"x"]


def read_only(data: bytes) -> bytes:
    (image,) = zip_images(io.BytesIO(data), **LIMITS)
    return image.read()


def zip_of(method: int, content: bytes, *, stated: int | None = None) -> bytes:
    """Return a zip with one file, whose directory may state another size than it has."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("a.png", content)
        if stated is not None:
            archive.filelist[0].file_size = stated
    return file.getvalue()


def with_method(data: bytes, method: int) -> bytes:
    """Return a zip whose only file states another method."""
    number, entry = struct.pack("<H", method), data.rindex(b"PK\x01\x02")
    return data[:8] + number + data[10 : entry + 10] + number + data[entry + 12 :]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("stated", [None, 10])
def test_methods_whose_output_has_no_bound_are_not_unpacked(
    method: int, stated: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unpacked(*_: object) -> None:
        raise AssertionError("it was unpacked")

    data = zip_of(method, bytes(900_000), stated=stated)
    monkeypatch.setattr(zipfile.ZipFile, "open", unpacked)
    with pytest.raises(UnsupportedImageError):
        read_only(data)


@pytest.mark.parametrize(
    ("method", "name"),
    [(9, "Deflate64"), (12, "bzip2"), (14, "LZMA"), (93, "Zstandard"), (77, "method 77")],
)
def test_a_method_that_is_not_read_is_named(method: int, name: str) -> None:
    with pytest.raises(UnsupportedImageError, match=f"compressed by {name};") as raised:
        read_only(with_method(zipped("a.png"), method))
    assert raised.value.details == {"format": "A zip of another method", "method": name}
    assert error_message("", "", raised.value.details, "es").endswith("el método Deflate.")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_file_larger_than_it_states_is_damaged(method: int) -> None:
    assert read_only(zip_of(method, b"x" * 500)) == b"x" * 500
    with pytest.raises(ArchiveError):
        read_only(zip_of(method, bytes(900_000), stated=10))


def test_no_more_is_unpacked_than_one_image_may_have() -> None:
    data = zip_of(zipfile.ZIP_DEFLATED, bytes(900_000))
    (image,) = zip_images(io.BytesIO(data), max_files=1, max_file_bytes=100, max_bytes=1_000_000)
    assert len(image.read()) == 101
