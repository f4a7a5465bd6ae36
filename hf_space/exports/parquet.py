"""Tables of numbers as Parquet: no missing values, uncompressed, a batch at a time.

https://parquet.apache.org/docs/file-format/ has the format; its headers are in Thrift's compact
protocol (doc/specs/thrift-compact-protocol.md in the repository of Thrift). Libraries take 14 MB
and more, which exceeds the Space's limit; see
`docs/decisions/0067-reports-by-reportlab-parquet-by-hand.md`.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

_MAGIC: Final = b"PAR1"
# Parquet's number of a type, by NumPy's name, little-endian.
_TYPES: Final = {"int32": 1, "int64": 2, "float32": 4, "float64": 5}
# Numbers of Parquet's enumerations.
_REQUIRED = _UNCOMPRESSED = _PLAIN = _DATA_PAGE = 0
_RLE: Final = 3
_FORMAT_VERSION: Final = 1
# Types of Thrift's compact protocol.
_I32, _I64, _BINARY, _LIST, _STRUCT = 5, 6, 8, 9, 12
_SHORT_LIST: Final = 15


class _Value(NamedTuple):
    """A value as Thrift encodes it, with its type."""

    kind: int
    content: bytes


class _Chunk(NamedTuple):
    """The values of a column in one batch: position in the file, number of bytes and values."""

    offset: int
    size: int
    values: int


def write_parquet(
    file: IO[bytes], columns: Mapping[str, str], batches: Iterable[Sequence[NDArray[np.generic]]]
) -> None:
    """Write batches as row groups.

    Args:
        file: Empty; written from its beginning to its end.
        columns: Names of the columns, each with its type: int32, int64, float32 or float64.
        batches: Taken one by one: for each column an array (N,), converted to its type.

    Raises:
        OSError: The file cannot be written.
    """
    offset = file.write(_MAGIC)
    groups: list[list[_Chunk]] = []
    for batch in batches:
        chunks = []
        for values, dtype in zip(batch, columns.values(), strict=True):
            page = _page(values, dtype)
            chunks.append(_Chunk(offset, file.write(page), len(values)))
            offset += len(page)
        groups.append(chunks)
    footer = _footer(columns, groups)
    file.write(footer + len(footer).to_bytes(4, "little") + _MAGIC)


def _page(values: NDArray[np.generic], dtype: str) -> bytes:
    """Return all values of a chunk as its one page."""
    content = np.asarray(values, np.dtype(dtype).newbyteorder("<")).tobytes()
    levels = {3: _whole(_RLE), 4: _whole(_RLE)}
    header = {
        1: _whole(_DATA_PAGE),
        2: _whole(len(content)),
        3: _whole(len(content)),
        5: _record({1: _whole(len(values)), 2: _whole(_PLAIN), **levels}),
    }
    return _record(header).content + content


def _footer(columns: Mapping[str, str], groups: Sequence[Sequence[_Chunk]]) -> bytes:
    schema = [
        _record({4: _text("table"), 5: _whole(len(columns))}),
        *(
            _record({1: _whole(_TYPES[dtype]), 3: _whole(_REQUIRED), 4: _text(name)})
            for name, dtype in columns.items()
        ),
    ]
    rows = sum(chunks[0].values for chunks in groups)
    footer = {
        1: _whole(_FORMAT_VERSION),
        2: _many(_STRUCT, schema),
        3: _whole(rows, _I64),
        4: _many(_STRUCT, [_row_group(columns, chunks) for chunks in groups]),
        6: _text("biopsia"),
    }
    return _record(footer).content


def _row_group(columns: Mapping[str, str], chunks: Sequence[_Chunk]) -> _Value:
    described = [
        _column_chunk(name, dtype, chunk)
        for (name, dtype), chunk in zip(columns.items(), chunks, strict=True)
    ]
    size = sum(chunk.size for chunk in chunks)
    return _record(
        {1: _many(_STRUCT, described), 2: _whole(size, _I64), 3: _whole(chunks[0].values, _I64)}
    )


def _column_chunk(name: str, dtype: str, chunk: _Chunk) -> _Value:
    size = _whole(chunk.size, _I64)
    metadata = {
        1: _whole(_TYPES[dtype]),
        2: _many(_I32, [_whole(_PLAIN), _whole(_RLE)]),
        3: _many(_BINARY, [_text(name)]),
        4: _whole(_UNCOMPRESSED),
        5: _whole(chunk.values, _I64),
        6: size,
        7: size,
        9: _whole(chunk.offset, _I64),
    }
    return _record({2: _whole(chunk.offset, _I64), 3: _record(metadata)})


def _whole(number: int, kind: int = _I32) -> _Value:
    """Return a non-negative number; zigzag encoding doubles it."""
    return _Value(kind, _varint(2 * number))


def _text(text: str) -> _Value:
    content = text.encode()
    return _Value(_BINARY, _varint(len(content)) + content)


def _many(kind: int, values: Sequence[_Value]) -> _Value:
    count = len(values)
    short = count < _SHORT_LIST
    head = bytes([count << 4 | kind]) if short else bytes([0xF0 | kind]) + _varint(count)
    return _Value(_LIST, head + b"".join(value.content for value in values))


def _record(fields: Mapping[int, _Value]) -> _Value:
    """Return a structure; its field numbers are in order, at most 15 apart."""
    content, last = bytearray(), 0
    for number, value in fields.items():
        content.append((number - last) << 4 | value.kind)
        content += value.content
        last = number
    return _Value(_STRUCT, bytes(content) + b"\0")


def _varint(number: int) -> bytes:
    content = bytearray()
    while number > 0x7F:
        content.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*content, number])
