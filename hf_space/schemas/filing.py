"""The owner's filing of records: a case label and a folder."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from hf_space.schemas.base import Schema

MAX_FILING_LENGTH = 100
MAX_FOLDERS = 500


def _one_line(text: str) -> str:
    if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in text):
        raise ValueError("it holds a line break or another control character")
    return text


def _composed(text: str) -> str:
    # An accented letter has two encodings; both must mean the same folder.
    return unicodedata.normalize("NFC", text)


FilingText = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1),
    AfterValidator(_one_line),
    AfterValidator(_composed),
    Field(max_length=MAX_FILING_LENGTH),
]
"""A case label, or a folder's name: one line, in Unicode's form C, without white space around."""


class Filing(Schema):
    """Where you file a record; what identifies a person does not belong here."""

    case_label: FilingText | None = Field(description="Your own name of the case; null for none.")
    folder: FilingText | None = Field(
        description="Your own folder, which exists as long as a record is in it; null for none."
    )


class Folder(Schema):
    """One of your folders."""

    name: str
    count: int = Field(description="Records in it.")


class FolderList(Schema):
    """Your folders."""

    folders: list[Folder] = Field(
        description=f"By name; of more than {MAX_FOLDERS}, those with the most records."
    )
