"""The rules of levels and scales, in cases that the site's own reader is tested with too."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import pytest

from hf_space.errors import AnimatedImageError, CorruptImageError
from hf_space.imaging.readers.scales import agreed
from hf_space.imaging.readers.tiff import stated_scales
from hf_space.imaging.readers.tiff_directory import TiffDirectories
from hf_space.imaging.readers.tiff_pages import find_levels

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "tiff_slides.json").read_text("utf-8")
)
ERRORS = {"several": AnimatedImageError, "corrupt": CorruptImageError}
TAGS = {"subfile": 254, "width": 256, "height": 257, "description": 270, "x": 282, "y": 283}
TAGS |= {"unit": 296, "tile": 322, "subs": 330}
# 8-bit RGB, as most slides have it.
COLOURS = {258: [8, 8, 8], 262: 2, 277: 3}
SHORT, LONG, RATIONAL, TEXT = 3, 4, 5, 2


class TiffBuilder:
    """Writes directories without pixels; the site's tests have the same."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.is_big = bool(case.get("big"))
        self.order = "<" if case.get("little", True) else ">"
        self.offset = "Q" if self.is_big else "I"
        mark, version = (b"II" if self.order == "<" else b"MM"), 43 if self.is_big else 42
        self.data = bytearray(mark + self.packed("H", version))
        self.data += self.packed("HHQ", 8, 0, 0) if self.is_big else self.packed("I", 0)
        following = 0
        for page in reversed(case["pages"]):
            following = self.directory(page, following)
        start = 8 if self.is_big else 4
        self.data[start : start + struct.calcsize(self.offset)] = self.packed(
            self.offset, following
        )

    def packed(self, form: str, *values: int) -> bytes:
        return struct.pack(self.order + form, *values)

    def directory(self, page: dict[str, Any], following: int) -> int:
        subs = [self.directory(sub, 0) for sub in page.get("subs", [])]
        values = {TAGS[name]: value for name, value in page.items()} | COLOURS
        if subs:
            values[TAGS["subs"]] = subs
        entries = [self.entry(tag, value) for tag, value in sorted(values.items())]
        self.data += bytes(len(self.data) % 2)
        place = len(self.data)
        count = self.packed("Q" if self.is_big else "H", len(entries))
        self.data += count + b"".join(entries) + self.packed(self.offset, following)
        return place

    def entry(self, tag: int, value: Any) -> bytes:
        kind, count, content = self.value(tag, value)
        inline = struct.calcsize(self.offset)
        if len(content) > inline:
            self.data += bytes(len(self.data) % 2)
            place = len(self.data)
            self.data += content
            content = self.packed(self.offset, place)
        head = self.packed(f"HH{self.offset}", tag, kind, count)
        return head + content.ljust(inline, b"\0")

    def value(self, tag: int, value: Any) -> tuple[int, int, bytes]:
        if isinstance(value, str):
            text = value.encode() + b"\0"
            return TEXT, len(text), text
        if tag in {TAGS["x"], TAGS["y"]}:
            return RATIONAL, 1, self.packed("II", int(value * 1000), 1000)
        numbers = value if isinstance(value, list) else [value]
        kind = SHORT if tag in COLOURS else LONG
        return kind, len(numbers), self.packed(f"{len(numbers)}{'HI'[kind == LONG]}", *numbers)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_levels_and_scale_of_a_tiff(case: dict[str, Any]) -> None:
    directories = TiffDirectories(bytes(TiffBuilder(case).data))
    if "error" in case:
        with pytest.raises(ERRORS[case["error"]]):
            find_levels(directories)
        return
    pages = find_levels(directories)
    assert [list(page.size) for page in pages] == case["levels"]
    scales = stated_scales(pages[0])
    scale = agreed(scales)
    assert (scale and list(scale)) == (pytest.approx(case["scale"]) if "scale" in case else None)
    assert (bool(scales) and scale is None) == case.get("contradicts", False)
