"""Results that go to a store: each slide's files from a folder on disk, the record last."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from hf_space.slides.addresses import joined, shown_address
from hf_space.slides.files import WorkFolder
from hf_space.slides.outputs import FILES, TISSUE_FILE
from hf_space.slides.record import RUN_FILE, RunRecord
from hf_space.slides.remote.store import StoredObject
from hf_space.slides.scores import SCORES_FILE

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN: Final = (
    RUN_FILE,
    SCORES_FILE,
    TISSUE_FILE,
    *(name for files in FILES.values() for name in files),
)

_State = dict[str, tuple[int, int, int]]


class StoreResults:
    """Results in a store; a `Results`.

    A slide is worked on in a folder on disk. What an earlier run has stored is stood for by empty
    files there, which are not stored again; what is read of it is fetched.
    """

    def __init__(self, address: str) -> None:
        """Name the store; nothing is asked of it yet.

        Raises:
            MissingPackageError: The client of such stores is not installed.
        """
        # Whether its client is installed is told now.
        self.place = StoredObject(address).address
        self.shown = shown_address(self.place)

    def prepare(self) -> None:
        """Do nothing: stores have no folders."""

    @contextmanager
    def folder_for(self, name: str) -> Iterator[WorkFolder]:
        """Yield a folder on disk, and store what has changed in it, see `Results.folder_for`."""
        with TemporaryDirectory(prefix="biopsia-results-") as folder:
            slide = Path(folder) / name
            slide.mkdir()
            self._fetch(slide)
            before = _state(slide)

            def fetch_scores() -> None:
                # An empty file stands for it.
                if SCORES_FILE in before and not (slide / SCORES_FILE).stat().st_size:
                    self._fetch_file(slide, SCORES_FILE)
                    before[SCORES_FILE] = _state(slide)[SCORES_FILE]

            yield WorkFolder(Path(folder), fetch_scores)
            self._store(slide, before)

    def write_table(self, name: str, content: bytes) -> None:
        """Replace a table; raises StoreError."""
        self._object(name).put(content)

    def table(self, name: str) -> str:
        """Return the address of a table without what may be secret."""
        return self._object(name).shown

    def read(self, name: str, file: str) -> bytes:
        """Return a file of a slide's results; raises StoreError."""
        return self._object(name, file).content()

    def make_room(self, name: str) -> None:
        """Do nothing: unfinished slides have nothing in the store."""

    def _object(self, *names: str) -> StoredObject:
        return StoredObject(joined(self.place, *names))

    def _fetch(self, slide: Path) -> None:
        listed = self._object(slide.name).names_below()
        for file in _KNOWN:
            if file in listed if listed is not None else self._object(slide.name, file).exists():
                (slide / file).touch()
        if (slide / RUN_FILE).exists():
            self._fetch_file(slide, RUN_FILE)
        # They say whose the results are where the record does not.
        if (slide / SCORES_FILE).exists() and RunRecord.load(slide) is None:
            self._fetch_file(slide, SCORES_FILE)

    def _fetch_file(self, slide: Path, file: str) -> None:
        (slide / file).write_bytes(self._object(slide.name, file).content())

    def _store(self, slide: Path, before: _State) -> None:
        """Store what is new: the record goes first, and comes back when all else is there.

        The scores come before the files that are made of them: where one of those is refused, the
        next run writes it without the network.
        """
        after = _state(slide)
        changed = {name for name, facts in after.items() if before.get(name) != facts}
        gone = before.keys() - after.keys()
        if not changed | gone:
            return
        if RUN_FILE in before:
            self._object(slide.name, RUN_FILE).remove()
        for name in sorted(changed - {RUN_FILE}, key=lambda each: (each != SCORES_FILE, each)):
            self._object(slide.name, name).put_file(slide / name)
        for name in sorted(gone - {RUN_FILE}):
            self._object(slide.name, name).remove()
        if RUN_FILE in after:
            self._object(slide.name, RUN_FILE).put_file(slide / RUN_FILE)


def _state(folder: Path) -> _State:
    """Return what changes whenever a file is written; folders are left out."""
    files = [path for path in folder.iterdir() if path.is_file()]
    facts = {path.name: path.stat() for path in files}
    return {name: (each.st_ino, each.st_mtime_ns, each.st_size) for name, each in facts.items()}
