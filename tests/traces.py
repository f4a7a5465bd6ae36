"""Looking for what should be gone, in files and in a Redis."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def found_in_files(folder: Path, markers: Mapping[str, bytes]) -> set[str]:
    """Return which markers are in the names or the content of any file below a folder."""
    found = set()
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        place = str(path.relative_to(folder)).encode()
        found |= {name for name, marker in markers.items() if marker in content or marker in place}
    return found


def found_in_redis(redis: Any, markers: Mapping[str, bytes]) -> set[str]:
    """Return which markers are in the keys or the values of a Redis."""
    found = set()
    for key in redis.scan_iter():
        content = key + (redis.dump(key) or b"")
        found |= {name for name, marker in markers.items() if marker in content}
    return found
