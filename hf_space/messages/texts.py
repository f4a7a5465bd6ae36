"""Every word of the demo, in English and Spanish side by side."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, get_args

from hf_space.messages.error_texts import ERROR_TEXTS
from hf_space.messages.history_texts import HISTORY_TEXTS

if TYPE_CHECKING:
    import gradio as gr

Language = Literal["en", "es"]

# Narrow and wide spaces that no line is broken at, as Spanish puts them in numbers.
_SPANISH_NUMBER: Final = str.maketrans({".": ",", ",": "\u202f", "%": "\u00a0%"})

TEXTS: Final[dict[str, tuple[str, str]]] = {
    "intro": (
        "Tells invasive ductal carcinoma from healthy tissue in H&E images of the breast, "
        "and shows which tissue led to the verdict.",
        "Distingue el carcinoma ductal invasivo del tejido sano en imágenes H&E de mama "
        "y muestra qué tejido llevó al veredicto.",
    ),
    "notice": (
        "**For research and teaching only; not a diagnosis.** A benign verdict does not mean "
        "that there is no cancer. Upload no image that identifies a person.",
        "**Solo para investigación y docencia; no es un diagnóstico.** Un veredicto benigno no "
        "significa que no haya cáncer. No suba imágenes que identifiquen a una persona.",
    ),
    "tab_image": ("Image", "Imagen"),
    "tab_region": ("Region", "Región"),
    "tab_batch": ("Batch", "Lote"),
    "tab_model": ("Model", "Modelo"),
    "input_image": ("Image", "Imagen"),
    "input_region": ("Region image", "Imagen de la región"),
    "input_batch": ("Image files, or one zip", "Archivos de imagen, o un zip"),
    "examples": ("Examples", "Ejemplos"),
    "run": ("Read the image", "Analizar la imagen"),
    "run_region": ("Read the region", "Analizar la región"),
    "run_batch": ("Read the batch", "Analizar el lote"),
    "overlay": ("Evidence over the tissue", "Evidencia sobre el tejido"),
    "heatmap": ("Probability of each tile", "Probabilidad de cada tesela"),
    "overlay_alt": (
        "The image, coloured where the model finds evidence of carcinoma",
        "La imagen, coloreada donde el modelo halla indicios de carcinoma",
    ),
    "heatmap_alt": (
        "The region, each tile coloured by its probability of carcinoma",
        "La región, cada tesela coloreada según su probabilidad de carcinoma",
    ),
    "point": ("Operating point", "Punto de operación"),
    "point_info": (
        "Where to draw the line between benign and malignant.",
        "Dónde trazar la línea entre benigno y maligno.",
    ),
    "point.balanced": ("Balanced", "Equilibrado"),
    "point.high_sensitivity": ("High sensitivity", "Alta sensibilidad"),
    "point.high_specificity": ("High specificity", "Alta especificidad"),
    "point.own": ("Own threshold", "Umbral propio"),
    "threshold": ("Threshold", "Umbral"),
    "threshold_info": (
        "From 0 to 1, on the calibrated probability; it has no uncertain band.",
        "De 0 a 1, sobre la probabilidad calibrada; no tiene banda dudosa.",
    ),
    "microns": ("Scale (µm per pixel)", "Escala (µm por píxel)"),
    "microns_info": (
        "Left empty: the file's own scale, else 4 is assumed. "
        "A 40x objective or scan is about 0.25, 20x about 0.5, 10x about 1.",
        "Vacío: la escala del archivo; si no la hay, se supone 4. "
        "Un objetivo o escaneo de 40x es cerca de 0,25; de 20x, 0,5; de 10x, 1.",
    ),
    "held_out": (
        "At threshold {threshold}: sensitivity {sensitivity}, specificity {specificity}, "
        "measured on patches of held-out cases.",
        "Con el umbral {threshold}: sensibilidad {sensitivity}, especificidad {specificity}, "
        "medidas en parches de casos reservados.",
    ),
    "unmeasured": (
        "At threshold {threshold}: sensitivity and specificity were not measured.",
        "Con el umbral {threshold}: sensibilidad y especificidad sin medir.",
    ),
    "verdict.malignant": ("Invasive carcinoma suspected", "Se sospecha carcinoma invasivo"),
    "verdict.benign": ("No invasive carcinoma found", "No se halla carcinoma invasivo"),
    "verdict.uncertain": ("Uncertain", "Dudoso"),
    "unreliable": ("Not reliable: check the warnings", "Poco fiable: vea los avisos"),
    "model_says": ("The model's verdict:", "El veredicto del modelo:"),
    "tile.malignant": ("suspicious", "sospechosa"),
    "tile.benign": ("not suspicious", "no sospechosa"),
    "tile.uncertain": ("uncertain", "dudosa"),
    "probability": ("calibrated probability", "probabilidad calibrada"),
    "probability_region": (
        "calibrated probability of the most suspicious 3x3 tiles",
        "probabilidad calibrada del grupo de 3x3 teselas más sospechoso",
    ),
    "rule": ("threshold {threshold} ({point})", "umbral {threshold} ({point})"),
    "band": ("uncertain from {low} to {high}", "dudoso de {low} a {high}"),
    "warnings": ("Trust this result less:", "Confíe menos en este resultado:"),
    "warning.blank": (
        "The image is almost empty: brighter or darker than the tissue the model knows.",
        "La imagen está casi vacía: más clara u oscura que el tejido que conoce el modelo.",
    ),
    "warning.blurred": (
        "The image is less sharp than the tissue the model knows; check its scale too.",
        "La imagen es menos nítida que el tejido que conoce el modelo; revise también la escala.",
    ),
    "warning.not_h_and_e": (
        "The colours are unlike tissue stained with haematoxylin and eosin.",
        "Los colores no parecen de tejido teñido con hematoxilina y eosina.",
    ),
    "warning.off_scale": (
        "The image is much coarser than the model's scale; detail is missing.",
        "La resolución de la imagen es mucho menor que la del modelo; falta detalle.",
    ),
    "warning.padded": (
        "The image is smaller than a patch and was grown by reflection.",
        "La imagen es menor que un parche y se amplió por reflexión.",
    ),
    "warning.scale_assumed": (
        "The scale of the image is unknown; the model's own scale was assumed.",
        "Se desconoce la escala de la imagen; se supuso la del modelo.",
    ),
    "warning.save_delayed": (
        "Not yet in your history, which cannot be reached now; it will be there later.",
        "Aún no está en su historial, al que ahora no se puede llegar; estará más tarde.",
    ),
    "warning.not_saved": (
        "Not saved: your history cannot be reached now.",
        "Sin guardar: ahora no se puede llegar a su historial.",
    ),
    "grid": ("Evidence by place (logit)", "Evidencia por lugar (logit)"),
    "grid_note": (
        "Above 0 speaks for carcinoma, below 0 against it; the mean gives the probability.",
        "Por encima de 0 habla a favor de carcinoma, por debajo en contra; la media da la "
        "probabilidad.",
    ),
    "is_region": (
        "This image is larger than a patch and was read tile by tile. The Region tab shows "
        "the tiles.",
        "La imagen es mayor que un parche y se leyó por teselas. La pestaña Región las muestra.",
    ),
    "scale_used": ("read at {microns} µm/px", "leída a {microns} µm/px"),
    "tissue_fraction": ("tissue in the region", "tejido en la región"),
    "malignant_fraction": ("suspicious part of the tissue", "parte sospechosa del tejido"),
    "malignant_area": ("suspicious area", "área sospechosa"),
    "tiles": ("tissue tiles", "teselas con tejido"),
    "tiles_title": ("Tiles, most suspicious first", "Teselas, primero las más sospechosas"),
    "tiles_cut": (
        "The {shown} most suspicious of {total}; the CSV has all.",
        "Las {shown} más sospechosas de {total}; el CSV las tiene todas.",
    ),
    "row": ("Row", "Fila"),
    "column": ("Column", "Columna"),
    "probability_short": ("Probability", "Probabilidad"),
    "verdict": ("Verdict", "Veredicto"),
    "file": ("File", "Archivo"),
    "notes": ("Notes", "Notas"),
    "error": ("Error", "Error"),
    "batch_summary": (
        "{done} files: {malignant} suspicious, {uncertain} uncertain, {benign} not suspicious, "
        "{unreliable} not reliable, {failed} with errors.",
        "{done} archivos: {malignant} sospechosos, {uncertain} dudosos, {benign} no "
        "sospechosos, {unreliable} poco fiables, {failed} con errores.",
    ),
    "reading": ("Reading", "Leyendo"),
    "tiles_unit": ("tiles", "teselas"),
    "files_unit": ("files", "archivos"),
    "download_json": ("Result (JSON)", "Resultado (JSON)"),
    "download_csv": ("Tiles (CSV)", "Teselas (CSV)"),
    "download_heatmap": ("Heat map (JPEG)", "Mapa de calor (JPEG)"),
    "download_table": ("Table (CSV)", "Tabla (CSV)"),
    "model_name": ("model", "modelo"),
    "revision": ("revision", "revisión"),
    "network": ("network", "red"),
    "engine": ("engine", "motor"),
    "patch": ("patch", "parche"),
    "trained_on": ("trained on", "entrenado con"),
    "trained_value": (
        "{patches} patches of {cases} cases, {date}",
        "{patches} parches de {cases} casos, {date}",
    ),
    "sensitivity": ("Sensitivity", "Sensibilidad"),
    "specificity": ("Specificity", "Especificidad"),
    "precision": ("Precision", "Precisión"),
    "uncertain_band": ("Uncertain", "Dudoso"),
    "card_title": ("Model card", "Ficha del modelo"),
    "no_card": ("This model has no card.", "Este modelo no tiene ficha."),
    "plots": ("Measured on held-out cases", "Medido en casos reservados"),
    "plot.roc": ("ROC curve", "Curva ROC"),
    "plot.pr": ("Precision and recall", "Precisión y exhaustividad"),
    "plot.reliability": ("Calibration", "Calibración"),
    "plot.confusion": ("Confusion matrix", "Matriz de confusión"),
    "plot.thresholds": ("Figures by threshold", "Cifras según el umbral"),
    "plot.scores": ("Probabilities by class", "Probabilidades por clase"),
    **HISTORY_TEXTS,
    **ERROR_TEXTS,
}


def text(key: str, language: Language, **values: object) -> str:
    """Return the words of a key, with the values filled in."""
    return TEXTS[key][0 if language == "en" else 1].format(**values)


def text_or(key: str, language: Language, fallback: str) -> str:
    """Return the words of a key, or the fallback for a key that is not known here."""
    return text(key, language) if key in TEXTS else fallback


def number(value: float, language: Language, spec: str) -> str:
    """Return a number as the language writes it.

    Args:
        value: The number.
        language: Spanish has a decimal comma, and spaces between thousands and before `%`.
        spec: How Python is to format it, such as `.3f`, `.1%` or `,d`.
    """
    written = format(value, spec)
    return written.translate(_SPANISH_NUMBER) if language == "es" else written


def translations() -> dict[Language, dict[str, str]]:
    """Return all words by language, as `gradio.I18n` takes them."""
    languages: tuple[Language, ...] = get_args(Language)
    return {
        language: {key: pair[place] for key, pair in TEXTS.items()}
        for place, language in enumerate(languages)
    }


def language_of(request: gr.Request | None) -> Language:
    """Return the language that the visitor's browser prefers."""
    return accepted_language(request.headers.get("accept-language", "") if request else "")


def accepted_language(accepted: str) -> Language:
    """Return the language of an `Accept-Language` header; English if it is neither.

    Only the first choice counts: Gradio's own words follow the browser's first language too, and
    a page in two languages helps nobody.
    """
    first = re.split(r"[-,;]", accepted.strip().lower(), maxsplit=1)[0]
    return "es" if first == "es" else "en"
