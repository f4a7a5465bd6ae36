"""From uploaded files to the images of a batch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from anyio import to_thread

from hf_space.errors import MissingImageError
from hf_space.imaging.zip_archive import NamedImage, check_count, is_zip, zip_images
from hf_space.ui.gradio_app.uploads import read_bounded

if TYPE_CHECKING:
    from contextlib import ExitStack
    from pathlib import Path

    from hf_space.settings import Settings


async def batch_images(
    files: list[tuple[str, Path]], settings: Settings, stack: ExitStack
) -> list[NamedImage]:
    """List the images of a batch, in another thread: the files, or the content of a single zip.

    Args:
        files: Names and paths of uploaded files.
        settings: The limits of a batch.
        stack: Closes the zip.

    Raises:
        RequestError: There is no file, there are too many, or the zip cannot be used.
    """
    return await to_thread.run_sync(_list_images, files, settings, stack)


def _list_images(
    files: list[tuple[str, Path]], settings: Settings, stack: ExitStack
) -> list[NamedImage]:
    if not files:
        raise MissingImageError("There is no file; upload some images or a zip of them.")
    check_count(len(files), settings.max_batch_files)
    limit = settings.max_upload_bytes
    if len(files) == 1:
        file = stack.enter_context(files[0][1].open("rb"))
        if is_zip(file):
            return zip_images(
                file,
                max_files=settings.max_batch_files,
                max_file_bytes=limit,
                max_bytes=settings.max_batch_bytes,
            )
    return [
        NamedImage(name, partial(read_bounded, path, limit), min(path.stat().st_size, limit))
        for name, path in files
    ]
