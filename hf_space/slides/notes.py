"""Messages about a slide while it is processed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hf_space.messages.catalogue import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hf_space.slides.options import Watcher
    from hf_space.slides.record import RunRecord
    from hf_space.slides.rule import WriteKey


@dataclass(frozen=True, slots=True)
class SlideNotes:
    """Tells a watcher about one slide.

    Attributes:
        watcher: Is told.
        name: Of the slide.
    """

    watcher: Watcher
    name: str

    def tell(self, key: str, *, count: int | None = None, **values: int | str) -> None:
        """Tell the sentence `slide.KEY`."""
        self.watcher.note(text(f"slide.{key}", "en", count=count, name=self.name, **values))

    def changes(self, changes: Sequence[str]) -> None:
        """Report why the scores of an earlier run cannot be used, if so."""
        names = [text(f"slide.part.{name}", "en") for name in dict.fromkeys(changes)]
        if names:
            self.tell("changed", count=len(names), changes=", ".join(names))

    def other_rule(self, earlier: RunRecord | None, rule: WriteKey) -> None:
        """Report that the threshold differs from the earlier run's: it may have been forgotten."""
        before, now = earlier.written.told() if earlier else "", rule.told()
        if earlier and before != now:
            self.tell("other_rule", before=before, now=now)
