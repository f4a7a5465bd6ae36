"""BentoML: `bentoml serve benchmarks.servers.bento:Patches`.

Settings: adaptive batches of up to 8. BentoML drops requests that it expects to take longer than
`max_latency_ms`, so that bound is far above any latency here. Tried in each run: one worker with
both cores for each pass, and two workers with a core each. A batchable method takes a single
argument, hence a method with the explanation and one without.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import bentoml

from benchmarks.servers.network import MAX_BATCH, Network

_BATCHED: dict[str, Any] = {
    "batchable": True,
    "max_batch_size": MAX_BATCH,
    "max_latency_ms": 10_000,
}


@bentoml.service(
    workers=int(os.environ["BENCH_WORKERS"]),
    traffic={"timeout": 60},
    logging={"access": {"enabled": False}},
)
class Patches:
    """Reads patches from a form's part `files`."""

    def __init__(self) -> None:
        """Load the network in each worker."""
        self.network = Network()

    @bentoml.api(**_BATCHED)
    def explained(self, files: list[Path]) -> list[dict[str, Any]]:
        """Answer with drawings."""
        return self._answers(files, explain=True)

    @bentoml.api(**_BATCHED)
    def plain(self, files: list[Path]) -> list[dict[str, Any]]:
        """Answer without drawings."""
        return self._answers(files, explain=False)

    def _answers(self, files: list[Path], *, explain: bool) -> list[dict[str, Any]]:
        patches = [self.network.decode(file.read_bytes()) for file in files]
        maps = self.network.maps(patches)
        return [
            self.network.answer(patch, evidence, explain=explain)
            for patch, evidence in zip(patches, maps, strict=True)
        ]
