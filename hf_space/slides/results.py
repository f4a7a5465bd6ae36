"""Where the results of many slides go: a folder, or a store of objects."""

from __future__ import annotations

import errno
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from hf_space.slides.addresses import is_address
from hf_space.slides.checkpoint import Checkpoint
from hf_space.slides.files import WorkFolder, remove_parts, replacing
from hf_space.slides.lock import locked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

# For another run's table, which takes a moment.
_WAIT_SECONDS: Final = 10.0


class Results(Protocol):
    """Takes the results of slides, and the tables of all of them.

    Attributes:
        place: Absolute path or address, by which `open_results` finds it from any process.
        shown: The same for people, without what may be secret.
    """

    place: str
    shown: str

    def prepare(self) -> None:
        """Make it ready to be written to; raises OSError."""
        ...

    def folder_for(self, name: str) -> AbstractContextManager[WorkFolder]:
        """Open the results of one slide.

        Args:
            name: Of the slide's folder.

        Returns:
            A context of a folder on disk, in which the slide's own is, with what an earlier run has
            left in it. At the end of the context what was written there is in its place.

        Raises:
            OSError: The results cannot be read or written.
        """
        ...

    def write_table(self, name: str, content: bytes) -> None:
        """Replace the table of a name.

        Raises:
            OSError: With the table's path; what was there before stays.
        """
        ...

    def table(self, name: str) -> str:
        """Return the path or address of a table for people."""
        ...

    def read(self, name: str, file: str) -> bytes:
        """Return a file of a slide's results; raises OSError."""
        ...

    def make_room(self, name: str) -> None:
        """Give up a little of what an unfinished slide has left, where that takes room."""
        ...


class FolderResults:
    """A folder on disk; a `Results`."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is made yet."""
        self.place = str(folder.absolute())
        self.shown = str(folder)
        self._folder = folder

    def prepare(self) -> None:
        """Make the folder; raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def folder_for(self, name: str) -> Iterator[WorkFolder]:  # noqa: ARG002 -- stores need it
        """Yield the folder itself."""
        yield WorkFolder(self._folder, lambda: None)

    def write_table(self, name: str, content: bytes) -> None:
        """Replace a table when all of it is on the disk, see `Results.write_table`."""
        path = self._folder / name
        try:
            with locked(self._folder, name, seconds=_WAIT_SECONDS):
                remove_parts(self._folder)
                with replacing(path) as part:
                    part.write_bytes(content)
        except OSError as error:
            reason = error.strerror or str(error)
            raise OSError(error.errno or errno.EIO, reason, str(path)) from error

    def table(self, name: str) -> str:
        """Return the path of a table."""
        return str(self._folder / name)

    def read(self, name: str, file: str) -> bytes:
        """Return a file of a slide's results; raises OSError."""
        return (self._folder / name / file).read_bytes()

    def make_room(self, name: str) -> None:
        """Give up a slide's last finished row of tiles; raises OSError."""
        with locked(self._folder, name):
            Checkpoint(self._folder / name).make_room()


def open_results(place: str) -> Results:
    """Return where results go, by a path or an address such as ``s3://bucket/results``.

    Raises:
        MissingPackageError: The address needs packages that are not installed.
    """
    if not is_address(place):
        return FolderResults(Path(place))
    # Only here: the clients of stores need packages of their own.
    from hf_space.slides.remote.results import StoreResults

    return StoreResults(place)


def read_place(place: str) -> bytes:
    """Return the content of a file, or of what is at an address.

    Raises:
        OSError: It cannot be read.
        MissingPackageError: The address needs packages that are not installed.
    """
    if not is_address(place):
        return Path(place).read_bytes()
    from hf_space.slides.remote.store import StoredObject

    return StoredObject(place).content()
