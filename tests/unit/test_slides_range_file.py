"""Parts of a file in a store: what is fetched of it, and what is kept."""

from __future__ import annotations

import numpy as np
import pytest

from hf_space.slides.remote import range_file


def test_a_file_is_read_in_blocks_and_the_last_ones_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = np.random.default_rng(0).integers(0, 256, 100_003).astype(np.uint8).tobytes()
    asked: list[tuple[int, int]] = []

    def fetch(start: int, stop: int) -> bytes:
        asked.append((start, stop))
        return content[start:stop]

    monkeypatch.setattr(range_file, "BLOCK_BYTES", 1000)
    file = range_file.RangeFile(fetch, len(content))
    assert file.read(10) == content[:10]
    assert file.read(0) == b""
    assert file.seek(995) == 995
    assert file.read(1010) == content[995:2005]
    assert asked == [(0, 1000), (1000, 2000), (2000, 3000)]
    file.seek(-3, 2)
    assert file.read() == content[-3:]
    assert file.read(5) == b""
    assert asked[-1] == (100_000, 100_003)
    file.seek(0)
    assert file.read() == content
    assert file.tell() == len(content)
    # The whole is longer than what is kept.
    file.seek(0)
    file.read(1)
    assert asked[-1] == (0, 1000)
