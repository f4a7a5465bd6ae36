"""Facts about a patch before it is read, and about files that are left out."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from training.data.splits import SplitName, split_of

_NAME: Final = re.compile(
    r"(?P<case>\d+)_idx\d+_x(?P<x>\d+)_y(?P<y>\d+)_class(?P<label>[01])\.(png|jpe?g|tiff?)",
    re.ASCII | re.IGNORECASE,
)

LeftOutKind = Literal["other name", "conflict", "second copy", "no row", "no file"]
LEFT_OUT_TITLES: Final[dict[LeftOutKind, str]] = {
    "other name": "not named as a patch",
    "conflict": "folder contradicts the name",
    "no row": "no row in the table of cases",
    "no file": "in the table of cases, but missing",
    "second copy": "second copy",
}


@dataclass(frozen=True, slots=True)
class PatchRecord:
    """A patch, as described by its file name or by a table of cases.

    Attributes:
        case_id: Patient and slide.
        x: Left edge on the slide, pixels at about 4 microns per pixel.
        y: Upper edge on the slide, same unit.
        label: 1 for invasive ductal carcinoma, else 0.
        name: File name without folders.
        padded: True when an earlier preparation has already padded the image to full size.
        own_split: Split from the source itself; None if the published lists decide.
    """

    case_id: str
    x: int
    y: int
    label: int
    name: str
    padded: bool = False
    own_split: SplitName | None = None

    @property
    def split(self) -> SplitName:
        """The split that the case belongs to."""
        return self.own_split or split_of(self.case_id)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file of the source that is not a patch.

    Attributes:
        path: Its path in the folder or zip.
        kind: Why, one of `LEFT_OUT_TITLES`.
        detail: What exactly, or empty.
    """

    path: str
    kind: LeftOutKind
    detail: str = ""


class PatchSource(Protocol):
    """Where patches come from; `records` are sorted by case, y and x."""

    @property
    def records(self) -> Sequence[PatchRecord]:
        """All patches of the source."""
        ...

    @property
    def left_out(self) -> Sequence[LeftOut]:
        """Files of the source that are not patches."""
        ...

    def read(self, record: PatchRecord) -> bytes:
        """Return the encoded image of a record; safe to call from several threads.

        Raises:
            PatchReadError: When the bytes cannot be read.
        """
        ...


def parse_name(name: str) -> PatchRecord | None:
    """Read case, position and label from a file name; None when it is not a patch's name.

    Upper or lower case does not matter; PNG, JPEG and TIFF are accepted.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    return PatchRecord(
        case_id=match["case"],
        x=int(match["x"]),
        y=int(match["y"]),
        label=int(match["label"]),
        name=name,
    )


def sort_key(record: PatchRecord) -> tuple[str, int, int, str]:
    """Order patches by case, then row by row over the slide."""
    return record.case_id, record.y, record.x, record.name


def count_left_out(files: Sequence[LeftOut]) -> str:
    """Return the number of files left out for each reason, as `second copy: 2, ...`."""
    counts = Counter(file.kind for file in files)
    return ", ".join(
        f"{title}: {counts[kind]:,}" for kind, title in LEFT_OUT_TITLES.items() if counts[kind]
    )
