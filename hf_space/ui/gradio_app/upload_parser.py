"""Reads uploads without keeping the visitor's file names or parts of interrupted uploads.

Gradio keeps the visitor's file name on disk, in a folder named by the content's hash, and leaves a
partial file when the visitor disconnects.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar
from pathlib import Path
from typing import Any, Final

import gradio.route_utils
from gradio.route_utils import GradioMultiPartParser, GradioUploadFile
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException

from hf_space.errors import InvalidFormError

# The only field from which Gradio reads files.
_FIELD: Final = "files"
# Components check the type by it; a longer one may contain part of a name.
_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,5}", re.IGNORECASE)


folder_prefix: ContextVar[str] = ContextVar("folder_prefix", default="")
"""Prefix of the folders of uploaded files."""


class PrivateParser(GradioMultiPartParser):
    """Gradio's parser, whose files have random names."""

    async def parse(self) -> FormData:
        """Read the form; if that fails, delete what has arrived.

        Raises:
            InvalidFormError: It cannot be read, or has text where a file is expected.
        """
        try:
            form = await super().parse()
            if any(isinstance(value, str) for value in form.getlist(_FIELD)):
                raise InvalidFormError(f"The part {_FIELD} is text; send a file.")
        except MultiPartException as error:
            self._discard()
            raise InvalidFormError(f"The form cannot be parsed: {error.message}") from error
        except BaseException:
            self._discard()
            raise
        for field, value in form.multi_items():
            if isinstance(value, GradioUploadFile):
                _rename(value)
                if field != _FIELD:
                    _delete(value.file)
        return form

    def _discard(self) -> None:
        for file in self._files_to_close_on_error:
            _delete(file)


class _RandomName:
    """Replaces the hash by which Gradio names a file's folder."""

    def hexdigest(self) -> str:
        return folder_prefix.get() + secrets.token_hex(16)


def install_private_parser() -> None:
    """Make Gradio's upload route read forms with `PrivateParser`."""
    gradio.route_utils.GradioMultiPartParser = PrivateParser  # type: ignore[misc]


def _rename(upload: Any) -> None:
    suffix = Path(upload.filename or "").suffix
    upload.filename = f"upload{suffix.lower() if _SUFFIX.fullmatch(suffix) else ''}"
    upload.sha = _RandomName()


def _delete(file: Any) -> None:
    file.close()
    Path(file.name).unlink(missing_ok=True)
