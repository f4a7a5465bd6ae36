"""The file formats a result can be exported to.

The API, the command line and the demo read `FORMATS`: a new format is a module with its writer and
one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from hf_space.exports.geojson import write_geojson
from hf_space.exports.predictions import write_csv
from hf_space.schemas.prediction import PredictionResult

# The server switches threads for every chunk, and a tile is only some 300 bytes.
_CHUNK_BYTES: Final = 65_536


def write_json(result: PredictionResult) -> Iterator[bytes]:
    """Yield the result as JSON, indented."""
    yield result.model_dump_json(indent=2).encode()
    yield b"\n"


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format.

    Attributes:
        suffix: End of the file's name, without the dot.
        label: Name of the format, the same in every language.
        media_type: As IANA registers it.
        write: Yields the file of a result in pieces of any size.
    """

    suffix: str
    label: str
    media_type: str
    write: Callable[[PredictionResult], Iterable[bytes]]

    def file_name(self, result: PredictionResult) -> str:
        """Return a name with the random end of the result's id; the start of the id is the time."""
        return f"biopsia_{str(result.id)[-12:]}.{self.suffix}"

    def chunks(self, result: PredictionResult) -> Iterator[bytes]:
        """Yield the file in pieces of about 64 KiB."""
        buffer = bytearray()
        for piece in self.write(result):
            buffer += piece
            if len(buffer) >= _CHUNK_BYTES:
                yield bytes(buffer)
                buffer.clear()
        yield bytes(buffer)


FORMATS: Final = {
    entry.suffix: entry
    for entry in (
        ExportFormat("json", "JSON", "application/json", write_json),
        ExportFormat("csv", "CSV", "text/csv", write_csv),
        ExportFormat("geojson", "GeoJSON (QuPath)", "application/geo+json", write_geojson),
    )
}
"""All formats by their suffix."""
