"""The cases, and the measurement of a server in one of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from benchmarks.load import Load, closed_loop, fixed_count, one_by_one, post
from benchmarks.processes import Server
from benchmarks.subjects import Subject
from benchmarks.workload import BATCH, Forms, patch_files, region_file, tile_files, write_forms

Case = Literal["one_client", "sixteen_clients", "batch", "region"]
CASES: Final[tuple[Case, ...]] = ("one_client", "sixteen_clients", "batch", "region")
COMPARED: Final[tuple[Case, bool]] = ("sixteen_clients", True)
"""The case, with the explanation, in which all servers are compared."""

_CLIENTS: Final[dict[Case, int]] = {
    "one_client": 1,
    "sixteen_clients": 16,
    "batch": BATCH,
    "region": 16,
}
_BATCH_PATH: Final = "/predict/batch/"
_LARGEST_PROBABILITY_GAP: Final = 0.005


@dataclass(frozen=True, slots=True)
class Figures:
    """One measurement: images (or tiles) per second, latency of a request, peak memory."""

    images_per_second: float
    p50_ms: float
    p99_ms: float
    peak_mb: float


class Runner:
    """Puts servers through cases; forms are written once to a folder."""

    def __init__(self, folder: Path, *, seconds: int, small_seconds: int) -> None:
        """Set the time of the compared case, and of every other."""
        self._folder = folder
        self._seconds = seconds
        self._small_seconds = small_seconds
        self._forms: dict[str, Forms] = {}

    def warm_up(self, server: Server, subject: Subject) -> float:
        """Let all workers answer, and return the probability given for the first patch."""
        forms = self._forms_for(subject, "sixteen_clients", explain=True)
        # The first worker that is ready answers all requests: the others may still be loading.
        _settle(server, subject)
        answer = json.loads(post(server.port, subject.paths[True], forms.body(0)))
        if subject.slow:
            fixed_count(server.port, subject.paths[True], forms, clients=4, requests=8)
        else:
            closed_loop(server.port, subject.paths[True], forms, clients=16, seconds=2)
        first = answer[0] if isinstance(answer, list) else answer
        return float(first["probability"])

    def measure(self, server: Server, subject: Subject, case: Case, *, explain: bool) -> Figures:
        """Run one case, after the server has rested from the one before."""
        forms = self._forms_for(subject, case, explain=explain)
        _settle(server, subject)
        server.reset_peak()
        load = self._load(server.port, subject, case, forms, explain=explain)
        return Figures(load.per_second, load.p50_ms, load.p99_ms, server.peak_mb())

    def _load(
        self, port: int, subject: Subject, case: Case, forms: Forms, *, explain: bool
    ) -> Load:
        path, clients = subject.paths[explain], _CLIENTS[case]
        seconds = self._seconds if (case, explain) == COMPARED else self._small_seconds
        if subject.slow:
            requests = max(2 * clients, 8) if case != "batch" else BATCH
            return fixed_count(port, path, forms, clients=clients, requests=requests)
        if subject.native and case == "batch":
            _check_batch(post(port, _BATCH_PATH, forms.body(0)))
            return one_by_one(port, _BATCH_PATH, forms, seconds=seconds, items=BATCH)
        if subject.native and case == "region":
            tiles = _tissue_tiles(post(port, path, forms.body(0)))
            return one_by_one(port, path, forms, seconds=seconds, items=tiles)
        return closed_loop(port, path, forms, clients=clients, seconds=seconds)

    def _forms_for(self, subject: Subject, case: Case, *, explain: bool) -> Forms:
        kind = case if case in ("batch", "region") else "patches"
        name = f"{subject.key}-{kind}-{explain}"
        if name not in self._forms:
            groups = _groups(kind, whole=subject.native)
            part = "files" if kind == "batch" and subject.native else subject.part
            # If there are two paths, the path says whether to explain.
            by_path = subject.paths[True] != subject.paths[False]
            asked = {} if by_path else {"explain": str(explain).lower()}
            fields = {**subject.fields, **asked}
            self._forms[name] = write_forms(self._folder / name, groups, part=part, fields=fields)
        return self._forms[name]


def _settle(server: Server, subject: Subject) -> None:
    # Fast servers are done at once; LitServe may spin forever.
    server.settle(20.0 if subject.slow else 3.0)


def check_agreement(one: float, other: float, title: str) -> None:
    """Raise RuntimeError unless two servers give the same patch about the same probability."""
    if abs(one - other) > _LARGEST_PROBABILITY_GAP:
        raise RuntimeError(f"{title} says {other:.4f} where the service says {one:.4f}")


def _groups(kind: str, *, whole: bool) -> list[list[bytes]]:
    if kind == "region":
        return [[region_file()]] if whole else [[tile] for tile in tile_files()]
    patches = list(patch_files())
    if kind == "batch" and whole:
        return [patches[start : start + BATCH] for start in range(0, len(patches), BATCH)]
    return [[patch] for patch in patches]


def _tissue_tiles(answer: bytes) -> int:
    """Count the predicted tiles; raises RuntimeError if some were skipped."""
    tiles = json.loads(answer)["region"]["tiles"]
    predicted = sum(tile is not None for row in tiles for tile in row)
    if predicted != len(tile_files()):
        raise RuntimeError(f"{predicted} of {len(tile_files())} tiles were predicted")
    return predicted


def _check_batch(answer: bytes) -> None:
    """Raise RuntimeError unless each line holds a result: the status is 200 either way."""
    lines = [json.loads(line) for line in answer.splitlines()]
    failed = [line["error"] for line in lines if line["result"] is None]
    if failed or len(lines) != BATCH:
        raise RuntimeError(f"{len(lines)} lines for {BATCH} images; errors: {failed}")
