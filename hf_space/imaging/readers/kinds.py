"""Names the format of an unsupported file by its first bytes."""

from __future__ import annotations

import re
from typing import Final

from hf_space.errors import CorruptImageError, ImageError, UnsupportedImageError
from hf_space.imaging.readers.avif import AVIF
from hf_space.messages.errors import unsupported_format

# The catalogue has the remedies. Cameras' raw files that begin like a TIFF come first.
_KINDS: Final = (
    (rb"....ftyp(?:hei[cxms]|hev[cmx]|heim|heis|mif1|msf1)", "HEIC"),
    (rb"....ftypcrx ", "A camera's raw file"),
    (rb"....ftyp(?:qt  |isom|iso[2-9]|mp4[12]|M4V |avc1|3gp)", "Video"),
    (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (
        rb"II\x1a\0\0\0HEAPCCDR|FUJIFILMCCD-RAW|FOVb|\0MRM|II[RU]S?\x08?|IIRO|MMOR|IIU\0",
        "A camera's raw file",
    ),
    (rb"II\xbc\x01", "JPEG XR"),
    (rb".{128}DICM", "DICOM"),
    (rb"\s*%PDF-", "PDF"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "PostScript"),
    (rb"8BPS", "Photoshop's PSD"),
    (rb"gimp xcf", "GIMP's XCF"),
    (rb"PK\x03\x04|PK\x05\x06", "A zip"),
    (rb"Rar!|7z\xbc\xaf\x27\x1c|\x1f\x8b|BZh|\xfd7zXZ", "A compressed archive"),
    (rb"ZISRAWFILE", "Zeiss CZI"),
    (rb"p\0\0\0\x2a", "Leica LIF"),
    (rb"\xda\xce\xbe\x0a", "Nikon ND2"),
    (rb"\x89HDF\r\n\x1a\n", "HDF5"),
    (rb"\x93NUMPY", "A NumPy array"),
    (rb"SIMPLE  =", "FITS"),
    (rb"P[1-7FfyYg][\s#]", "Netpbm"),
    (rb"\x8aMNG|\x8bJNG", "MNG"),
    (rb"\0\0\x01\0.\0", "An icon"),
    (rb"RIFF....AVI ", "Video"),
    (rb"\x1aE\xdf\xa3|\0\0\x01[\xba\xb3]|FLV", "Video"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "A Microsoft Office file"),
    (
        rb"(?:\xef\xbb\xbf)?\s{0,99}(?:<\?xml[^>]{0,200}\?>\s{0,99})?(?:<!--.{0,900}?-->\s{0,99})?"
        rb"(?:<!DOCTYPE svg|<svg\b)",
        "SVG",
    ),
    (rb"(?i:\s*<!doctype html|\s*<html)", "A web page"),
    (rb"qoif", "QOI"),
    (rb"\x76\x2f\x31\x01", "OpenEXR"),
    (rb"#\?RADIANCE|#\?RGBE", "Radiance HDR"),
    (rb"DDS ", "DDS"),
    (rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", "A Windows metafile"),
)
_PATTERNS: Final = tuple((re.compile(start, re.DOTALL), name) for start, name in _KINDS)
_HEAD: Final = 4096


def unreadable_file(data: bytes, formats: tuple[str, ...]) -> ImageError:
    """Return the error for an unsupported file, with its format if known, and the remedy.

    Args:
        data: The file's content.
        formats: Supported formats, named if the first bytes are unknown.
    """
    head = data[:_HEAD]
    # Pillow reads it, and does not know it again where its end is missing.
    if AVIF.match(head):
        return CorruptImageError("The AVIF file is truncated or damaged.")
    for start, name in _PATTERNS:
        if start.match(head):
            return UnsupportedImageError(unsupported_format(name, "en"), format=name)
    return UnsupportedImageError(
        f"The bytes are not an image the service reads (TIFF, {', '.join(formats)}).",
        formats=["TIFF", *formats],
    )
