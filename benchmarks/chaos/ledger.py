"""The answers to one visitor, and the history that must follow from them."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from hf_space.access.visitor import new_token


@dataclass(slots=True)
class Ledger:
    """One visitor's token, and the service's answers.

    Attributes:
        token: The visitor's token, until it is replaced.
        told: SHA-256 of the image, by the id of each saved result.
        not_saved: Ids of results of which the service said that they are not saved.
        delayed: Ids of results that were to be saved later.
        seen: Ids of all records that the service ever showed to this visitor.
        deleted: Ids of which the service said that they are deleted.
        perhaps_deleted: Ids whose deletion was answered with an error, as it may have happened.
        reviews: The record's id by the note of each review that was saved.
        strange: Answers about another image than the one sent.
    """

    token: str = field(default_factory=new_token)
    told: dict[str, str] = field(default_factory=dict)
    not_saved: set[str] = field(default_factory=set)
    delayed: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    perhaps_deleted: set[str] = field(default_factory=set)
    reviews: dict[str, str] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)

    def tell(self, result: dict[str, Any], image: bytes) -> None:
        """Note a result that came for an image."""
        digest = hashlib.sha256(image).hexdigest()
        if result["image"]["sha256"] != digest:
            self.strange.append(result["id"])
        codes = {warning["code"] for warning in result["warnings"]}
        if "not_saved" in codes:
            self.not_saved.add(result["id"])
            return
        if "save_delayed" in codes:
            self.delayed.add(result["id"])
        self.told[result["id"]] = digest

    @property
    def living(self) -> list[str]:
        """Ids that the visitor expects in the history, in the order in which they came."""
        gone = self.deleted | self.perhaps_deleted
        return [identifier for identifier in self.told if identifier not in gone]


@dataclass(frozen=True, slots=True)
class Findings:
    """Faults of the histories at the end; all 0 if there are none.

    Attributes:
        records: Records in all histories.
        lost: Records and reviews that were promised and are missing.
        double: Records and reviews that exist twice, or that no answer mentioned.
        foreign: Records of one visitor that were shown to another, and results about another image
            than the one sent.
        returned: Deleted records that exist again.
    """

    records: int
    lost: int
    double: int
    foreign: int
    returned: int


def compare(
    ledgers: Sequence[Ledger], items: Sequence[list[dict[str, Any]]], notes: Sequence[list[str]]
) -> Findings:
    """Compare the answers to visitors with their histories.

    Args:
        ledgers: Of all visitors.
        items: Each one's records, from `GET /history/export.json`.
        notes: The notes of all reviews of each one's reviewed records.
    """
    told_to = {identifier: ledger for ledger in ledgers for identifier in ledger.told}
    found = [Counter(item["id"] for item in records) for records in items]
    strange = [
        ledger.seen.union(ids) - set(ledger.told)
        for ledger, ids in zip(ledgers, found, strict=True)
    ]
    reviews = [
        _compare_reviews(ledger, set(ids), said)
        for ledger, ids, said in zip(ledgers, found, notes, strict=True)
    ]
    pairs = list(zip(ledgers, found, strict=True))
    return Findings(
        records=sum(ids.total() for ids in found),
        lost=sum(len(set(ledger.living) - set(ids)) for ledger, ids in pairs)
        + sum(lost for lost, _ in reviews),
        double=sum(ids.total() - len(ids) for ids in found)
        + sum(len(ids - set(told_to)) for ids in strange)
        + sum(double for _, double in reviews),
        foreign=sum(len(ids & set(told_to)) for ids in strange)
        + sum(len(ledger.strange) for ledger in ledgers)
        + sum(map(_of_other_images, ledgers, items)),
        returned=sum(len(ledger.deleted & set(ids)) for ledger, ids in pairs),
    )


def _of_other_images(ledger: Ledger, items: Iterable[dict[str, Any]]) -> int:
    digests = ((ledger.told.get(item["id"]), item["image"]["sha256"]) for item in items)
    return sum(told is not None and told != kept for told, kept in digests)


def _compare_reviews(ledger: Ledger, found: set[str], notes: list[str]) -> tuple[int, int]:
    """Return how many reviews are lost, and how many are there more than once."""
    counted = Counter(notes)
    expected = {note for note, identifier in ledger.reviews.items() if identifier in found}
    return len(expected - set(counted)), counted.total() - len(counted)
