"""Makes the pictures that ship again: `python -m tests.tissue`."""

from __future__ import annotations

from tests.tissue.examples import write_examples

for path in write_examples():
    print(path)  # noqa: T201 -- a command
