"""Name what a file is by its first bytes, where nothing here reads it."""

from __future__ import annotations

import re
from typing import Final

from hf_space.errors import CorruptImageError, ImageError, UnsupportedImageError

# Each with what to do instead. Raw files of cameras that begin like a TIFF come first.
_SAVE: Final = "save it as JPEG or PNG"
_SLIDE: Final = "export the field as TIFF, PNG or JPEG"
_KINDS: Final = (
    (rb"....ftyp(?:hei[cxms]|hev[cmx]|heim|heis|mif1|msf1)", "HEIC", _SAVE),
    (rb"....ftypcrx ", "A camera's raw file", _SAVE),
    (rb"....ftyp(?:qt  |isom|iso[2-9]|mp4[12]|M4V |avc1|3gp)", "Video", "send a single picture"),
    (rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL", _SAVE),
    (
        rb"II\x1a\0\0\0HEAPCCDR|FUJIFILMCCD-RAW|FOVb|\0MRM|II[RU]S?\x08?|IIRO|MMOR|IIU\0",
        "A camera's raw file",
        _SAVE,
    ),
    (rb"II\xbc\x01", "JPEG XR", _SAVE),
    (rb".{128}DICM", "DICOM", _SLIDE),
    (rb"\s*%PDF-", "PDF", "send the picture itself, as JPEG or PNG"),
    (rb"%!PS|\xc5\xd0\xd3\xc6", "PostScript", _SAVE),
    (rb"8BPS", "Photoshop's PSD", _SAVE),
    (rb"gimp xcf", "GIMP's XCF", _SAVE),
    (rb"PK\x03\x04|PK\x05\x06", "A zip", "send its images, or the zip as a batch"),
    (rb"Rar!|7z\xbc\xaf\x27\x1c|\x1f\x8b|BZh|\xfd7zXZ", "A compressed archive", "unpack it"),
    (rb"ZISRAWFILE", "Zeiss CZI", _SLIDE),
    (rb"p\0\0\0\x2a", "Leica LIF", _SLIDE),
    (rb"\xda\xce\xbe\x0a", "Nikon ND2", _SLIDE),
    (rb"\x89HDF\r\n\x1a\n", "HDF5", _SLIDE),
    (rb"\x93NUMPY", "A NumPy array", _SAVE),
    (rb"SIMPLE  =", "FITS", _SAVE),
    (rb"P[1-7FfyYg][\s#]", "Netpbm", _SAVE),
    (rb"\x8aMNG|\x8bJNG", "MNG", "send a single picture"),
    (rb"\0\0\x01\0.\0", "An icon", _SAVE),
    (rb"RIFF....AVI ", "Video", "send a single picture"),
    (rb"\x1aE\xdf\xa3|\0\0\x01[\xba\xb3]|FLV", "Video", "send a single picture"),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "A Microsoft Office file", "send the picture itself"),
    (
        rb"(?:\xef\xbb\xbf)?\s{0,99}(?:<\?xml[^>]{0,200}\?>\s{0,99})?(?:<!--.{0,900}?-->\s{0,99})?"
        rb"(?:<!DOCTYPE svg|<svg\b)",
        *("SVG", _SAVE),
    ),
    (rb"(?i:\s*<!doctype html|\s*<html)", "A web page", "send the picture itself"),
    (rb"qoif", "QOI", _SAVE),
    (rb"\x76\x2f\x31\x01", "OpenEXR", _SAVE),
    (rb"#\?RADIANCE|#\?RGBE", "Radiance HDR", _SAVE),
    (rb"DDS ", "DDS", _SAVE),
    (rb"\xd7\xcd\xc6\x9a|\x01\0\0\0.{36} EMF", "A Windows metafile", _SAVE),
)
_PATTERNS: Final = tuple((re.compile(start, re.DOTALL), name, do) for start, name, do in _KINDS)
_HEAD: Final = 4096
# Pillow reads it, and does not know it again where its end is missing.
_AVIF: Final = re.compile(rb"....ftypavi[fs]", re.DOTALL)


def unreadable_file(data: bytes, formats: tuple[str, ...]) -> ImageError:
    """Return the error that says what a file is, where its first bytes tell, and what to do.

    Args:
        data: The file's content.
        formats: Named where the first bytes tell nothing.
    """
    head = data[:_HEAD]
    if _AVIF.match(head):
        return CorruptImageError("The AVIF file is truncated or damaged.")
    for start, name, remedy in _PATTERNS:
        if start.match(head):
            return UnsupportedImageError(f"{name} is not supported; {remedy}.", format=name)
    return UnsupportedImageError(
        f"The bytes are not an image the service reads (TIFF, {', '.join(formats)}).",
        formats=["TIFF", *formats],
    )
