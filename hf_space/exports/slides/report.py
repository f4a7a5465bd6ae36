"""A report of one page for a slide: picture, foci, figures and their limits."""

from __future__ import annotations

import io
from datetime import UTC
from html import escape
from typing import TYPE_CHECKING, Final

from PIL import Image
from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor, white
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import KeepInFrame, Paragraph, Table, TableStyle

from hf_space.exports.slides.lettering import BOLD, REGULAR
from hf_space.exports.slides.overview import NUMBERED, draw_overview
from hf_space.exports.slides.report_text import facts, figures, foci_rows, limits, own_warnings

if TYPE_CHECKING:
    from pathlib import Path

    from reportlab.platypus.flowables import Flowable

    from hf_space.exports.slides.content import SlideContent

# ASCII-encoded pictures are a quarter larger and slow to encode in Python.
rl_config.useA85 = 0

_WIDTH, _HEIGHT = A4
_MARGIN: Final = 16 * mm
_INSIDE: Final = _WIDTH - 2 * _MARGIN
_GAP: Final = 5 * mm
# The remaining height must be enough for a legible picture.
_LEAST_PICTURE: Final = 90 * mm
_INK: Final = HexColor(0x282828)
_QUIET: Final = HexColor(0x6B6B6B)
_RULE: Final = HexColor(0xC8C8C8)
_WARNING: Final = HexColor(0xFFF1C9)
# Largest height of the warnings; if there are more, the text gets smaller.
_MOST_WARNINGS: Final = 45 * mm
_JPEG_QUALITY: Final = 88

_TEXT: Final = ParagraphStyle("text", fontName="Vera", fontSize=7.5, leading=10.2, textColor=_INK)
_SMALL: Final = ParagraphStyle("small", _TEXT, fontSize=6.2, leading=8.4, textColor=_QUIET)
_FACTS: Final = ParagraphStyle("facts", _SMALL, spaceBefore=2 * mm)
_NOTICE: Final = ParagraphStyle("notice", _TEXT, fontName="VeraBd", fontSize=8, textColor=white)
_TITLE: Final = ParagraphStyle("title", _TEXT, fontName="VeraBd", fontSize=15, leading=19)
_HEAD: Final = ParagraphStyle("head", _TEXT, fontName="VeraBd", fontSize=8.5, leading=12)

NOTICE: Final = "Research use only. Not a diagnosis. The model has no verdict for whole slides."


def write_report(content: SlideContent, path: Path) -> None:
    """Write one page of A4 as PDF, with its typeface embedded; raises OSError.

    It contains no file name, no label and no data of the file except scale and size.
    """
    for name, typeface in (("Vera", REGULAR), ("VeraBd", BOLD)):
        pdfmetrics.registerFont(TTFont(name, str(typeface)))
    with path.open("wb") as file:
        canvas = Canvas(file, pagesize=A4, invariant=True)
        _describe(canvas, content)
        _draw_page(canvas, content)
        canvas.save()


def _describe(canvas: Canvas, content: SlideContent) -> None:
    """Set title, program and the date of the result; reportlab's defaults would be wrong."""
    canvas.setTitle("Biopsia: result for a whole slide")
    canvas.setCreator("Biopsia")
    canvas.setAuthor("")
    canvas.setSubject("")
    # The date of the result and not of writing, so that the same result gives the same file.
    date = content.result.created_at.astimezone(UTC).strftime("D:%Y%m%d%H%M%S+00'00'")
    canvas.setDateFormatter(lambda *_: date)


def _draw_page(canvas: Canvas, content: SlideContent) -> None:
    """Draw the parts of fixed height from both ends; the picture gets the remaining height."""
    top = _draw_header(canvas, content)
    foot = KeepInFrame(
        _INSIDE,
        _HEIGHT - 2 * _MARGIN - _LEAST_PICTURE - (_HEIGHT - _MARGIN - top),
        [_columns(content), *_limits(content), _paragraph(facts(content), _FACTS)],
        mode="shrink",
    )
    _, height = foot.wrapOn(canvas, _INSIDE, _HEIGHT)
    foot.drawOn(canvas, _MARGIN, _MARGIN)
    bottom = _MARGIN + height + _GAP
    _draw_picture(canvas, content, top - _GAP, bottom)


def _draw_header(canvas: Canvas, content: SlideContent) -> float:
    """Draw title, date, a line for the slide's name, notice and warnings; return their end.

    The name is left blank, to be written by hand.
    """
    date = content.result.created_at.strftime("%d %B %Y, %H:%M UTC").lstrip("0")
    right = ParagraphStyle("right", _SMALL, alignment=2)
    title = Table(
        [[_paragraph("Biopsia: whole slide", _TITLE), _paragraph(date, right)]],
        colWidths=[_INSIDE * 0.6, _INSIDE * 0.4],
        style=[("VALIGN", (0, 0), (-1, -1), "BOTTOM"), *_no_padding()],
    )
    notice = Table([[_paragraph(NOTICE, _NOTICE)]], colWidths=[_INSIDE], style=_plate(_INK))
    name = Table(
        [[_paragraph("Slide:", _HEAD), ""]],
        colWidths=[_INSIDE * 0.07, _INSIDE * 0.53],
        rowHeights=[7 * mm],
        hAlign="LEFT",
        style=[
            ("LINEBELOW", (1, 0), (1, 0), 0.6, _INK),
            ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
            *_no_padding(),
        ],
    )
    y = _HEIGHT - _MARGIN
    for part, gap in ((title, 1 * mm), (name, 3 * mm), (notice, 0.0), *_warnings(content)):
        _, height = part.wrapOn(canvas, _INSIDE, _HEIGHT)
        y -= height
        part.drawOn(canvas, _MARGIN, y)
        y -= gap
    return y


def _warnings(content: SlideContent) -> list[tuple[Flowable, float]]:
    found = own_warnings(content)
    if not found:
        return []
    item = ParagraphStyle("warning", _TEXT, leftIndent=9, bulletFontSize=7.5)
    rows = [[_paragraph("Warnings", _HEAD)], *([_paragraph(each, item, "•")] for each in found)]
    style = [*_plate(_WARNING).getCommands(), ("TOPPADDING", (0, 0), (-1, -1), 1)]
    style += [("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)]
    plate = Table(rows, colWidths=[_INSIDE], style=style)
    return [(KeepInFrame(_INSIDE, _MOST_WARNINGS, [plate], mode="shrink"), 0.0)]


def _draw_picture(canvas: Canvas, content: SlideContent, top: float, bottom: float) -> None:
    picture = Image.fromarray(draw_overview(content))
    factor = min(_INSIDE / picture.width, (top - bottom) / picture.height)
    width, height = picture.width * factor, picture.height * factor
    # PDF embeds JPEG unchanged; a lossless picture of tissue would take megabytes.
    with io.BytesIO() as jpeg:
        picture.save(jpeg, "JPEG", quality=_JPEG_QUALITY)
        jpeg.seek(0)
        place = _MARGIN + (_INSIDE - width) / 2, top - height
        canvas.drawImage(ImageReader(jpeg), *place, width, height)


def _columns(content: SlideContent) -> Table:
    """Return figures on the left, foci on the right."""
    left, right = _INSIDE * 0.44, _INSIDE * 0.52
    gap = _INSIDE - left - right
    numbers = Table(
        [[_paragraph(name, _TEXT), _paragraph(value, _TEXT)] for name, value in figures(content)],
        colWidths=[left * 0.64, left * 0.36],
        style=_lines(),
    )
    return Table(
        [
            [_paragraph("Figures", _HEAD), "", _paragraph("Foci, the largest first", _HEAD)],
            [numbers, "", _foci(content, right)],
        ],
        colWidths=[left, gap, right],
        style=[("VALIGN", (0, 0), (-1, -1), "TOP"), *_no_padding()],
    )


def _foci(content: SlideContent, width: float) -> Flowable:
    rows = foci_rows(content)
    if not rows:
        return _paragraph("No focus was found: no square reaches the threshold.", _TEXT)
    head = [
        _paragraph(name, _SMALL)
        for name in ("No.", "Area", "Largest dimension", "Peak probability")
    ]
    body = [[_paragraph(cell, _TEXT) for cell in row] for row in rows[:NUMBERED]]
    style, more = _lines(), len(rows) - NUMBERED
    if more > 0:
        rest = _paragraph(f"and {more} more", _TEXT)
        body.append([rest, *[_paragraph("", _TEXT)] * 3])
        style.add("SPAN", (0, -1), (-1, -1))
    return Table(
        [head, *body], colWidths=[width * w for w in (0.14, 0.26, 0.36, 0.24)], style=style
    )


def _limits(content: SlideContent) -> list[Flowable]:
    head = ParagraphStyle("limits head", _HEAD, spaceBefore=2.5 * mm)
    item = ParagraphStyle("limit", _TEXT, leftIndent=9, bulletFontSize=7.5, spaceAfter=1)
    return [
        _paragraph("How to read these figures, and their limits", head),
        *(_paragraph(each, item, "•") for each in limits(content)),
    ]


def _lines() -> TableStyle:
    """Return tight rows with a thin rule below each."""
    rule = ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE)
    middle = ("VALIGN", (0, 0), (-1, -1), "MIDDLE")
    return TableStyle([rule, middle, *_no_padding(), ("BOTTOMPADDING", (0, 0), (-1, -1), 1.2)])


def _plate(colour: Color) -> TableStyle:
    return TableStyle([("BACKGROUND", (0, 0), (-1, -1), colour)])


def _paragraph(text: str, style: ParagraphStyle, bullet: str | None = None) -> Paragraph:
    # Paragraphs parse their text as XML.
    return Paragraph(escape(text, quote=False), style, bulletText=bullet)


def _no_padding() -> list[tuple[str, tuple[int, int], tuple[int, int], float]]:
    sides = ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
    return [(side, (0, 0), (-1, -1), 0.0) for side in sides]
