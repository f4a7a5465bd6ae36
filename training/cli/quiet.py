"""TensorFlow without what it says about GPUs on machines that have none."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

# Its libraries write these before they read the level of their log. Error 303 of CUDA means that
# there is no driver; whatever else fails is told.
_CHATTER: Final = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|[IW]\d{4} \d\d:\d\d:|"
    rb"E\d{4} .*failed call to cuInit.*\(303\)"
)


def import_tensorflow() -> None:
    """Import TensorFlow and let it look for GPUs, of whose absence nothing is written."""
    with _filtered_stderr():
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")


@contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Hold back what is written to stderr, by C++ too, and pass on what is no chatter."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            _pass_on(held)


def _pass_on(held: IO[bytes]) -> None:
    held.seek(0)
    for line in held:
        if not _CHATTER.match(line):
            os.write(2, line)
