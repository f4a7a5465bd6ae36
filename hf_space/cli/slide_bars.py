"""Progress bars for slides, on the terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, NoReturn

from tqdm import tqdm

from hf_space.cli.echo import echo, shown
from hf_space.messages.catalogue import text
from hf_space.messages.formats import number

if TYPE_CHECKING:
    from hf_space.slides.outcome import Outcome
    from hf_space.slides.record import Figures

# Shown with this many decimals, as pathologists measure.
_MM2_DECIMALS: Final = 2


class SlideBars:
    """Shows the progress of the slide and of all slides, with rate and time left; a `Watcher`."""

    def __init__(self, slides: int) -> None:
        """Start with no slide done."""
        unit = text("progress.slides", "en", count=slides)
        self._slides = tqdm(total=slides, unit=unit, disable=None, position=1)
        self._tiles = _tile_bar(0, 0)

    def __enter__(self) -> SlideBars:
        """Return the bars."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bars."""
        self._tiles.close()
        self._slides.close()

    def note(self, message: str) -> None:
        """Print a sentence beside the bars."""
        tqdm.write(shown(message), file=sys.stderr)

    def begin(self, total: int, done: int) -> None:
        """Show the number of tiles of the slide that is being scored."""
        self._tiles.close()
        self._tiles = _tile_bar(total, done)

    def advance(self, tiles: int) -> None:
        """Show that some more tiles are scored."""
        self._tiles.update(tiles)

    def end(self, outcome: Outcome) -> None:
        """Print the outcome of a slide."""
        self._slides.update()
        if outcome.state == "failed":
            self.note(_failure(outcome))
        elif outcome.state == "done" and outcome.record:
            with tqdm.external_write_mode():
                echo(_figures(outcome.name, outcome.record.figures))
        for code, message in (outcome.record.warnings if outcome.record else {}).items():
            name = outcome.name
            self.note(text("slide.caution", "en", name=name, code=code, message=message))


def _tile_bar(total: int, done: int) -> tqdm[NoReturn]:
    unit = text("progress.tiles", "en", count=total)
    # Nothing is shown until a slide has begun.
    hidden = None if total else True
    return tqdm(total=total, initial=done, unit=unit, disable=hidden, position=0, leave=False)


def _failure(outcome: Outcome) -> str:
    parts = {"name": outcome.name, "code": outcome.code, "message": outcome.message}
    return text("slide.failed", "en", count=None, **parts)


def _figures(name: str, figures: Figures) -> str:
    suspicious, tissue = (
        number(area, "en", decimals=_MM2_DECIMALS)
        for area in (figures.suspicious_area_mm2, figures.tissue_area_mm2)
    )
    told = {"name": name, "suspicious": suspicious, "tissue": tissue}
    return text("slide.done", "en", count=figures.foci, **told)
