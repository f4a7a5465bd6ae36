"""Uploaded files: only these are read, and they are deleted when no longer needed."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from types import MethodType
from typing import Any, Final

import gradio as gr
from anyio import to_thread
from gradio.blocks import Block
from gradio.utils import get_upload_folder

from hf_space.errors import MissingImageError, PayloadTooLargeError, RequestError
from hf_space.ui.gradio_app.private_folder import is_process_folder, process_folder, root_folder
from hf_space.ui.gradio_app.shown_files import ShownFiles
from hf_space.ui.gradio_app.upload_parser import install_private_parser

_HTTP: Final = ("http://", "https://")


class Uploads(set[str]):
    """Gradio's set of uploaded files; a file is removed as soon as it was read.

    Attributes:
        own_files: Files of the page itself, such as examples, which are kept.
        others: Gradio's sets of files to delete by age, which would otherwise grow forever.
        shown: The files shown to each visitor.
    """

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()
        self.own_files: set[str] = set()
        self.others: list[set[str]] = []
        self.shown = ShownFiles()

    def release(self, path: Path) -> None:
        """Delete a file that was read, and its folder."""
        name = str(path)
        for paths in (self, *self.others):
            paths.discard(name)
        if name not in self.own_files:
            path.unlink(missing_ok=True)
            with suppress(OSError):
                path.parent.rmdir()

    def drop(self, owner: bytes, images: Collection[str] | None) -> None:
        """Delete the files about images whose records an owner has deleted; None means all."""
        for path in self.shown.taken(owner, images):
            self.release(path)


def keep_uploads_private() -> Path:
    """Give Gradio a folder that only this process uses and only its user may read; returns it.

    Call it before any component is made. The folder is removed with the process; if the process is
    killed, the next one to start removes it.
    """
    install_private_parser()
    folder = os.environ.get("GRADIO_TEMP_DIR", "")
    if not is_process_folder(folder):
        # Gradio names files by this path, `uploaded_path` by their real path; behind a symbolic
        # link the two would differ, and uploads would not be deleted.
        folder = str(process_folder(root_folder().resolve()))
        os.environ["GRADIO_TEMP_DIR"] = folder
    return Path(folder)


def watch_uploads(blocks: gr.Blocks, uploads: Uploads) -> None:
    """Replace Gradio's own set by `Uploads`, and refuse files on other hosts.

    Call it after all components are made. Gradio checks that a caller's path is in the upload
    folder only for a launched app, and a mounted app never counts as launched. It also downloads an
    address that a caller sends in place of a file; this service fetches nothing.
    """
    blocks.upload_file_set = uploads
    uploads.others = list(blocks.temp_file_sets)
    blocks.temp_file_sets.append(uploads)
    blocks.has_launched = True
    for block in blocks.blocks.values():
        uploads.own_files |= block.keep_in_cache
        block.async_move_resource_to_block_cache = MethodType(  # type: ignore[method-assign]
            _local_only, block
        )


async def _local_only(block: Block, path: str | Path | None) -> str | None:
    if path is not None and str(path).lower().startswith(_HTTP):
        raise gr.Error("Send the file itself, not its address.", print_exception=False)
    return await type(block).async_move_resource_to_block_cache(block, path)


def uploaded_path(payload: object) -> Path:
    """Return the path of an uploaded file; raises MissingImageError for anything else."""
    path = payload.get("path") if isinstance(payload, Mapping) else None
    if not isinstance(path, str) or not path:
        raise MissingImageError("There is no image; upload one.")
    resolved = Path(path).resolve()
    inside = resolved.is_relative_to(Path(get_upload_folder()).resolve())
    if not inside or not resolved.is_file():
        raise MissingImageError("The image was not uploaded here, or has expired; send it again.")
    return resolved


def uploaded_name(payload: Mapping[str, Any]) -> str:
    """Return the visitor's name of the file."""
    return Path(str(payload.get("orig_name") or payload.get("path") or "")).name


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Read a file; raises PayloadTooLargeError, with its true size, and reads no more then."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > max_bytes:
                raise PayloadTooLargeError(
                    f"The file has {size} bytes; at most {max_bytes} are accepted.",
                    bytes=size,
                    max_bytes=max_bytes,
                )
            return file.read()
    except OSError as error:
        raise RequestError("The uploaded file is gone; send it again.") from error


async def read_upload(payload: object, max_bytes: int) -> bytes:
    """Read an uploaded file in another thread; raises MissingImageError if it is none."""
    return await to_thread.run_sync(read_bounded, uploaded_path(payload), max_bytes)
