"""Small ICC profiles, built by hand from ICC.1:2001-04."""

from __future__ import annotations

import itertools
import struct

# Of D50, the white of every profile.
_WHITE = struct.pack(">3i", *(round(value * 65536) for value in (0.9642, 1.0, 0.8249)))


def grey_profile(gamma: float) -> bytes:
    """Return a profile of grey with that gamma."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, int(gamma * 256)) + bytes(2)
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": curve})


def cmyk_profile(inks: tuple[tuple[int, int, int], ...]) -> bytes:
    """Return a profile of a press that has, in LAB, those full inks; mixed ones are black.

    Args:
        inks: Lightness, a and b of cyan, magenta, yellow and black, each full and alone.
    """
    nodes = []
    for node in itertools.product((0, 1), repeat=4):
        lab = (100, 0, 0) if not any(node) else inks[node.index(1)] if sum(node) == 1 else (0, 0, 0)
        nodes.append(bytes([round(lab[0] * 2.55), lab[1] + 128, lab[2] + 128]))
    unity = struct.pack(">9i", *(65536 * (place % 4 == 0) for place in range(9)))
    straight = bytes(range(256))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + unity + straight * 4
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table + b"".join(nodes) + straight * 3})


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = tags | {b"wtpt": b"XYZ " + bytes(4) + _WHITE}
    place = 128 + 4 + 12 * len(tags)
    entries, body = struct.pack(">I", len(tags)), b""
    for tag, content in tags.items():
        entries += tag + struct.pack(">II", place + len(body), len(content))
        body += content
    size = struct.pack(">I", place + len(body))
    head = size + bytes(4) + b"\x02\x10\0\0" + kind + space + connection + bytes(12) + b"acsp"
    return (head + bytes(28) + _WHITE).ljust(128, b"\0") + entries + body
