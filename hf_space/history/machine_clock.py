"""A clock that cannot be set: how long the machine has been up, including suspension."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> float:
    """Return seconds since an unknown moment, which is the same until the machine boots."""
    # On Linux `time.monotonic` stands still while the machine sleeps, on macOS too.
    for name in ("CLOCK_BOOTTIME", "CLOCK_MONOTONIC"):
        if hasattr(time, name):
            return time.clock_gettime(getattr(time, name))
    return time.monotonic()


def boot_id() -> str:
    """Return an id of this boot of the machine; empty if the system has none."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""
