"""The words of the history and of second opinions, in English and Spanish side by side."""

from __future__ import annotations

from typing import Final

HISTORY_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "tab_history": ("History", "Historial"),
    "keep": ("Keep in my history", "Guardar en mi historial"),
    "keep_info": (
        "Unticked, it is in no history, and gone from the server in about ten minutes.",
        "Sin marcar, no queda en ningún historial y se borra del servidor en unos diez minutos.",
    ),
    "privacy": (
        "Uploads and drawings are deleted from the server within about ten minutes. With “Keep in "
        "my history” ticked, the answer and {kept} stay for {days} days in this browser's "
        "history, where you can delete them.",
        "Lo que suba y los dibujos se borran del servidor en unos diez minutos. Si marca "
        "«Guardar en mi historial», la respuesta y {kept} quedan {days} días en el historial de "
        "este navegador, donde puede borrarlas.",
    ),
    "kept.small": (
        "a small picture (256 px at most)",
        "una imagen pequeña (256 px como máximo)",
    ),
    "kept.whole": (
        "the whole image file, with a small picture (256 px at most),",
        "el archivo de imagen entero, con una imagen pequeña (256 px como máximo),",
    ),
    "forgetful": (
        "This browser lets the page store nothing, so this history can be reached only until you "
        "close the page: delete here what should not stay.",
        "Este navegador no deja que la página guarde nada, así que solo puede llegar a este "
        "historial hasta que la cierre: borre aquí lo que no deba quedar.",
    ),
    "order": ("Order", "Orden"),
    "sort.newest": ("Newest first", "Primero lo más reciente"),
    "sort.uncertainty": ("Most uncertain first", "Primero lo más dudoso"),
    "any": ("All", "Todos"),
    "reviewed": ("Second opinion", "Segunda opinión"),
    "reviewed.any": ("All", "Todos"),
    "reviewed.yes": ("Given", "Con opinión"),
    "reviewed.no": ("Not yet", "Sin opinión"),
    "history_empty": (
        "Nothing is kept yet. Read an image with “Keep in my history” ticked, and its answer will "
        "be here.",
        "Aún no hay nada guardado. Analice una imagen con «Guardar en mi historial» marcado y la "
        "respuesta aparecerá aquí.",
    ),
    "history_no_match": (
        "Nothing in your history fits this choice.",
        "Nada de su historial se ajusta a esta selección.",
    ),
    "history_hint": (
        "Choose an answer to see all of it and to give your opinion.",
        "Elija una respuesta para verla entera y dar su opinión.",
    ),
    "more": ("More", "Más"),
    "to_start": ("Back to the start", "Volver al principio"),
    "download_history": ("Download as a table (CSV)", "Descargar como tabla (CSV)"),
    "delete_one": ("Delete this", "Borrar esta respuesta"),
    "sure.delete_one": (
        "Delete this answer, its picture and all opinions on it, for good?",
        "¿Borrar para siempre esta respuesta, su imagen y todas las opiniones sobre ella?",
    ),
    "delete_all": ("Delete all", "Borrar todo"),
    "sure.delete_all": (
        "Delete your whole history for good, whatever is chosen above?",
        "¿Borrar para siempre todo su historial, sea cual sea la selección?",
    ),
    "delete_yes": ("Yes, delete", "Sí, borrar"),
    "cancel": ("Cancel", "Cancelar"),
    "when": ("Read", "Analizada"),
    "model": ("Model", "Modelo"),
    "image_size": ("Image", "Imagen"),
    "kind.patch": ("Patch", "Parche"),
    "kind.region": ("Region", "Región"),
    "recorded_drawing": (
        "Drawn anew on the small picture that was kept.",
        "Dibujado de nuevo sobre la imagen pequeña que se guardó.",
    ),
    "review_title": ("Your second opinion", "Su segunda opinión"),
    "review_agree": ("Agree", "De acuerdo"),
    "review_malignant": ("Disagree: carcinoma", "En desacuerdo: carcinoma"),
    "review_benign": ("Disagree: no carcinoma", "En desacuerdo: sin carcinoma"),
    "review_unsure": ("Unsure", "No lo sé"),
    "review_note": ("Note (optional)", "Nota (opcional)"),
    "review_note_info": (
        "Write nothing that identifies a person. It is kept with your next choice below.",
        "No escriba nada que identifique a una persona. Se guarda con la opción que elija abajo.",
    ),
    "opinions": ("Opinions so far", "Opiniones hasta ahora"),
    "opinion.none": ("no opinion yet", "aún sin opinión"),
    "opinion.agree": ("agrees", "de acuerdo"),
    "opinion.unsure": ("unsure", "no lo sabe"),
    "opinion.malignant": ("disagrees: carcinoma", "en desacuerdo: carcinoma"),
    "opinion.benign": ("disagrees: no carcinoma", "en desacuerdo: sin carcinoma"),
    "opinion.other": ("disagrees: {label}", "en desacuerdo: {label}"),
    "months": (
        "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "ene feb mar abr may jun jul ago sep oct nov dic",
    ),
    "moment": ("{day} {month} {year}, {time}", "{day} {month} {year}, {time}"),
}
