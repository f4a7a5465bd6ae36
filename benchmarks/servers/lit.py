"""LitServe: `python -m benchmarks.servers.lit`.

Settings: batches of up to 8, one HTTP process. Tried in each run: to wait for company or not
(``BENCH_WAIT``; without the wait a worker spins while it is idle), the default queue or ZeroMQ
(``BENCH_QUEUE``), one worker with both cores for each pass or two with a core each.
"""

# No `from __future__ import annotations`: LitServe compares the annotation with the class Request.

import os
from typing import Any

import litserve
import numpy as np
from fastapi import Request
from numpy.typing import NDArray

from benchmarks.servers.network import MAX_BATCH, Network

Job = tuple[NDArray[np.uint8], bool]
Scored = tuple[Job, NDArray[np.float64]]


class PatchApi(litserve.LitAPI):
    """The four steps of a LitServe server."""

    def setup(self, device: str) -> None:  # noqa: ARG002 -- LitServe passes it
        """Load the network in each worker."""
        self.network = Network()

    def decode_request(self, request: Request) -> Job:
        """Take the same form as the service does; LitServe has read it already."""
        form: Any = request
        return self.network.decode(form["file"].file.read()), form["explain"] == "true"

    def batch(self, inputs: list[Job]) -> list[Job]:
        """Keep the list: patches are stacked with their preprocessing."""
        return inputs

    def predict(self, jobs: list[Job]) -> list[Scored]:
        """Run one batch."""
        maps = self.network.maps([patch for patch, _ in jobs])
        return list(zip(jobs, maps, strict=True))

    def unbatch(self, output: list[Scored]) -> list[Scored]:
        """Keep the list: it has one entry for each request."""
        return output

    def encode_response(self, output: Scored) -> dict[str, Any]:
        """Answer one request."""
        (patch, explain), evidence = output
        return self.network.answer(patch, evidence, explain=explain)


if __name__ == "__main__":
    server = litserve.LitServer(
        PatchApi(max_batch_size=MAX_BATCH, batch_timeout=float(os.environ["BENCH_WAIT"])),
        accelerator="cpu",
        workers_per_device=int(os.environ["BENCH_WORKERS"]),
        fast_queue=os.environ["BENCH_QUEUE"] == "fast",
    )
    server.run(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
    )
