"""Run every benchmark and write its figures to `benchmarks/results.json`."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from benchmarks.input_pipeline import measure

RESULTS = Path(__file__).parent / "results.json"


def main() -> None:
    """Measure, log and write."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    results = {"input_pipeline": measure()}
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    logging.getLogger(__name__).info("%s", RESULTS.read_text())


if __name__ == "__main__":
    main()
