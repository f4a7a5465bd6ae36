"""Slides are distributed among workers, and no slide is lost with a worker."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hf_space.slides.fleet.processes import core_shares
from hf_space.slides.fleet.scorer import MOST_TRIES, FleetScorer
from hf_space.slides.fleet.work import Advanced, Begun, Event, Lost, Note
from hf_space.slides.outcome import Outcome
from hf_space.slides.scan import FoundSlide
from tests.array_slide import Notes

SLIDES = [FoundSlide(Path(name), (Path(name),), name) for name in "abcd"]


class Scripted:
    """A fleet whose workers report prepared lists of events for each slide."""

    def __init__(self, workers: int, script: dict[str, list[list[Event]]]) -> None:
        self.names = [f"w{number}" for number in range(workers)]
        self.script = script
        self.told: dict[str, deque[Event]] = {}
        self.started: list[tuple[str, str]] = []
        self.ended = False

    @contextmanager
    def running(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.ended = True

    def idle(self) -> list[str]:
        return [name for name in self.names if name not in self.told]

    def start(self, worker: str, slide: FoundSlide) -> None:
        self.started.append((worker, slide.name))
        events = self.script.get(slide.name)
        found = events.pop(0) if events else [done(slide.name)]
        self.told[worker] = deque(found)

    def wait(self) -> Iterator[tuple[str, Event]]:
        for worker in list(self.told):
            event = self.told[worker].popleft()
            if not self.told[worker]:
                del self.told[worker]
            yield worker, event


def done(name: str) -> Outcome:
    return Outcome(FoundSlide(Path("/elsewhere") / name, (), name), "done")


def failed(name: str, code: str) -> Outcome:
    return Outcome(FoundSlide(Path(name), (), name), "failed", code, "why")


def test_every_slide_is_scored_once_and_named_as_the_caller_did() -> None:
    fleet = Scripted(2, {"a": [[Note("hello"), Begun(10, 2), Advanced(8), done("a")]]})
    scorer, notes = FleetScorer(fleet), Notes()
    outcomes = list(scorer.score(SLIDES, notes))
    assert sorted(each.name for each in outcomes) == list("abcd")
    assert {each.slide.path for each in outcomes} == {slide.path for slide in SLIDES}
    # While the first worker has its one slide, the other one does the rest.
    assert fleet.started == [("w0", "a"), ("w1", "b"), ("w1", "c"), ("w1", "d")]
    assert (notes.messages, notes.totals, notes.advanced) == (["hello"], [(10, 2)], 8)
    assert fleet.ended
    assert not scorer.in_work


def test_progress_is_that_of_all_slides_in_work_together() -> None:
    tiles: dict[str, list[list[Event]]] = {
        "a": [[Begun(10, 0), Advanced(4), Advanced(6), done("a")]],
        "b": [[Begun(20, 5), Advanced(5), Advanced(10), done("b")]],
        "c": [[Begun(7, 0), Advanced(7), done("c")]],
    }
    notes = Notes()
    list(FleetScorer(Scripted(2, tiles)).score(SLIDES[:3], notes))
    assert notes.totals == [(10, 0), (30, 5), (7, 0)]
    assert notes.advanced == 32


def test_a_lost_workers_slide_is_taken_over_first() -> None:
    fleet = Scripted(2, {"a": [[Begun(9, 0), Lost("node gone")]]})
    notes = Notes()
    outcomes = list(FleetScorer(fleet).score(SLIDES, notes))
    assert {each.state for each in outcomes} == {"done"}
    assert [name for _, name in fleet.started].count("a") == 2
    assert [name for _, name in fleet.started][-1] != "a"
    assert notes.messages == ["a: its worker ended (node gone); another one takes it over."]


def test_a_slide_that_ends_its_workers_fails_and_the_others_go_on() -> None:
    fleet = Scripted(2, {"b": [[Lost("killed")]] * MOST_TRIES})
    outcomes = {each.name: each for each in FleetScorer(fleet).score(SLIDES, Notes())}
    assert [outcomes[name].state for name in "abcd"] == ["done", "failed", "done", "done"]
    assert outcomes["b"].code == "worker_lost"
    assert "3 workers ended" in outcomes["b"].message
    assert "killed" in outcomes["b"].message


def test_what_a_lost_worker_still_has_locked_is_tried_again_later() -> None:
    fleet = Scripted(1, {"a": [[Lost("gone")], [failed("a", "in_use")]]})
    outcomes = list(FleetScorer(fleet).score(SLIDES, Notes()))
    assert [each.name for each in outcomes] == ["b", "c", "d", "a"]
    assert {each.state for each in outcomes} == {"done"}
    # Without a lost worker, another run is working on the slide.
    other = Scripted(1, {"a": [[failed("a", "in_use")]]})
    first = next(iter(FleetScorer(other).score(SLIDES, Notes())))
    assert (first.name, first.code) == ("a", "in_use")


def test_slides_in_work_are_known_when_the_run_is_interrupted() -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    script: dict[str, list[list[Event]]] = {
        "a": [[Begun(9, 0), Begun(9, 0), Begun(9, 0)]],
        "b": [[Lost("gone")], [Begun(9, 0), Advanced(1)]],
    }
    fleet = Scripted(2, script)
    scorer = FleetScorer(fleet)
    with pytest.raises(KeyboardInterrupt):
        list(scorer.score(SLIDES, Notes(stop)))
    assert [slide.name for slide in scorer.in_work] == ["a", "b"]
    assert fleet.ended


def test_cores_are_shared_and_none_is_bound_where_there_are_too_few() -> None:
    cores = os.sched_getaffinity(0)
    assert core_shares(1) == [frozenset(cores)]
    shares = core_shares(len(cores))
    assert frozenset().union(*shares) == cores
    assert sum(map(len, shares)) == len(cores)
    assert core_shares(len(cores) + 1) == [frozenset()] * (len(cores) + 1)
