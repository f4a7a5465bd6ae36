"""The languages of the service."""

from __future__ import annotations

import re
from typing import Final, Literal, get_args

from babel import Locale

Language = Literal["en", "es"]

LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
# British, like the texts' spelling: days before months, and a 24-hour clock.
LOCALES: Final[dict[Language, Locale]] = {"en": Locale("en", "GB"), "es": Locale("es")}


def accepted_language(header: str) -> Language:
    """Return the language of an `Accept-Language` header; English if it is neither.

    Only the first choice counts: Gradio's own texts also use the browser's first language, and a
    page should not mix two languages.
    """
    first = re.split(r"[-,;]", header.strip().lower(), maxsplit=1)[0]
    return "es" if first == "es" else "en"
