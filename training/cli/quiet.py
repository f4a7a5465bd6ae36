"""TensorFlow without its messages about missing GPUs."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Final

# Its libraries write these before they read their log level. Error 303 of CUDA means that there is
# no driver; other failures are passed on.
_CHATTER: Final = re.compile(
    rb"WARNING: All log messages before absl::InitializeLog|[IW]\d{4} \d\d:\d\d:|"
    rb"E\d{4} .*failed call to cuInit.*\(303\)"
)


def import_tensorflow() -> None:
    """Import TensorFlow and let it search for GPUs, without messages if there are none."""
    with _filtered_stderr():
        import tensorflow as tf

        tf.config.list_physical_devices("GPU")


@contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Capture stderr, including that of C++, and pass on all but the known messages."""
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
