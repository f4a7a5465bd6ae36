"""The remaining work for a slide that may have been scored before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hf_space.slides.outputs import FEATURES, files_exist

if TYPE_CHECKING:
    from pathlib import Path

    from hf_space.slides.record import RunRecord
    from hf_space.slides.rule import WriteKey
    from hf_space.slides.scores import ScoreKey


@dataclass(frozen=True, slots=True)
class Plan:
    """What is left to do.

    Attributes:
        changes: Names of what has changed since the earlier run, so that its scores cannot be used.
        is_same: Whether files written by an earlier run are still valid.
        valid: Formats whose files exist and are valid.
        formats: Formats that are to be written.
    """

    changes: list[str]
    is_same: bool
    valid: frozenset[str]
    formats: frozenset[str]

    def afresh(self, formats: frozenset[str]) -> Plan:
        """Return what is left where the slide is scored again: all that is wanted.

        Its result gets another id, which files of the earlier one would not have.
        """
        return replace(self, is_same=False, valid=frozenset(), formats=formats)


def plan_slide(
    folder: Path,
    earlier: RunRecord | None,
    key: ScoreKey,
    rule: WriteKey,
    formats: frozenset[str],
) -> Plan:
    """Compare the wanted results of a slide with those of an earlier run in its folder.

    Another threshold changes every file but the features, which the network gives.

    Args:
        folder: Of the slide's results.
        earlier: Record of the earlier run.
        key: What the scores depend on now.
        rule: What the files depend on beside.
        formats: What is wanted.
    """
    changes = key.changes(earlier.scored) if earlier else []
    has_scores = earlier is not None and not changes
    is_same = earlier is not None and has_scores and earlier.written == rule
    hold = set(earlier.formats) if earlier and has_scores else set()
    if not is_same:
        hold &= {FEATURES}
    valid = frozenset(name for name in hold if files_exist(folder, [name]))
    return Plan(changes, is_same, valid, formats - valid)
