"""What went wrong, in English and Spanish: words for every code of `hf_space.errors`."""

from __future__ import annotations

from typing import Final

ERROR_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "error.model_unavailable": (
        "The model is not available, so nothing can be predicted. Try again later.",
        "El modelo no está disponible y no se puede predecir nada. Vuelva a intentarlo más tarde.",
    ),
    "error.busy": (
        "The service has more to do than it can queue. Try again in a moment.",
        "El servicio tiene más trabajo del que puede encolar. Inténtelo en un momento.",
    ),
    "error.internal_error": (
        "The service failed on this request.",
        "El servicio falló con esta petición.",
    ),
    "error.missing_image": (
        "There is no image yet: upload one or choose an example.",
        "Aún no hay imagen: suba una o elija un ejemplo.",
    ),
    "error.unsupported_image": (
        "This file is no image that can be read.",
        "Este archivo no es una imagen que se pueda leer.",
    ),
    "error.corrupt_image": (
        "The image file is truncated or damaged.",
        "El archivo de imagen está truncado o dañado.",
    ),
    "error.animated_image": (
        "The file holds several frames or pages; send one.",
        "El archivo tiene varios fotogramas o páginas; envíe uno.",
    ),
    "error.too_many_pixels": (
        "The image has more pixels than accepted.",
        "La imagen tiene más píxeles de los admitidos.",
    ),
    "error.payload_too_large": (
        "The file is larger than accepted.",
        "El archivo es mayor de lo admitido.",
    ),
    "error.scale_out_of_range": (
        "The image cannot be read at this scale; check the µm per pixel.",
        "La imagen no se puede leer a esta escala; revise los µm por píxel.",
    ),
    "error.no_tissue": (
        "The region holds no tissue: all of it is as bright as bare glass.",
        "La región no tiene tejido: toda es tan clara como el vidrio.",
    ),
    "error.invalid_options": (
        "An option has a value that is not accepted.",
        "Una opción tiene un valor no admitido.",
    ),
    "error.invalid_archive": (
        "The zip cannot be read: damaged, encrypted or empty.",
        "El zip no se puede leer: dañado, cifrado o vacío.",
    ),
    "error.too_many_files": (
        "The batch has more files than accepted.",
        "El lote tiene más archivos de los admitidos.",
    ),
    "error.unknown_operating_point": (
        "The model has no operating point of this name.",
        "El modelo no tiene un punto de operación con este nombre.",
    ),
    "error.invalid_request": (
        "The request cannot be used; send it again.",
        "La petición no se puede usar; vuelva a enviarla.",
    ),
    "error.invalid_encoding": (
        "The image text is neither base64 nor a data URL.",
        "El texto de la imagen no es base64 ni una URL de datos.",
    ),
    "error.invalid_form": (
        "The form cannot be read.",
        "El formulario no se puede leer.",
    ),
    "error.unsupported_media_type": (
        "The request is neither a form nor JSON.",
        "La petición no es un formulario ni JSON.",
    ),
    "error.invalid_image": (
        "The image cannot be used.",
        "La imagen no se puede usar.",
    ),
    "error.not_a_patch": (
        "The image is larger than a patch; read it as a region.",
        "La imagen es mayor que un parche; analícela como región.",
    ),
    "error.unknown_record": (
        "This answer is no longer in your history.",
        "Esta respuesta ya no está en su historial.",
    ),
    "error.invalid_credentials": (
        "The service does not know this API key, or this page's visitor; load the page again.",
        "El servicio no conoce esta clave de API, o al visitante; vuelva a cargar la página.",
    ),
    "error.api_key_required": (
        "This service answers only those who have an API key.",
        "Este servicio solo responde a quien tiene una clave de API.",
    ),
    "error.not_found": (
        "There is nothing at this address.",
        "No hay nada en esta dirección.",
    ),
    "error.method_not_allowed": (
        "This address does not answer to requests of this kind.",
        "Esta dirección no responde a peticiones de este tipo.",
    ),
    "error.length_required": (
        "The request must state its length.",
        "La petición debe indicar su longitud.",
    ),
    "error.rate_limited": (
        "Too much was asked for within a minute.",
        "Se ha pedido demasiado en un minuto.",
    ),
    "error.history_unavailable": (
        "The history cannot be reached. Predictions still work; try again in a moment.",
        "No se puede llegar al historial. Las predicciones siguen funcionando; inténtelo en un "
        "momento.",
    ),
    # What an error's details add.
    "detail.rate": (
        "{limit} requests and images a minute are accepted; try again in {retry_after_seconds} s.",
        "Se admiten {limit} peticiones e imágenes por minuto; inténtelo de nuevo en "
        "{retry_after_seconds} s.",
    ),
    "detail.pixels": (
        "It would be read at {width} x {height} px; at most {max_pixels} pixels are accepted. "
        "Send a smaller crop, or check the scale.",
        "Se leería a {width} x {height} px; se admiten {max_pixels} píxeles como máximo. "
        "Envíe un recorte menor o revise la escala.",
    ),
    "detail.max_pixels": (
        "At most {max_pixels} pixels are accepted.",
        "Se admiten {max_pixels} píxeles como máximo.",
    ),
    "detail.bytes": (
        "It has {bytes} MB; at most {max_bytes} MB are accepted.",
        "Son {bytes} MB; se admiten {max_bytes} MB como máximo.",
    ),
    "detail.files": (
        "It has {files} files; at most {max_files} are accepted.",
        "Son {files} archivos; se admiten {max_files} como máximo.",
    ),
    "detail.max_files": (
        "At most {max_files} files are accepted.",
        "Se admiten {max_files} archivos como máximo.",
    ),
    "detail.microns_per_pixel": (
        "It was to be read at {microns_per_pixel} µm per pixel.",
        "Se iba a leer a {microns_per_pixel} µm por píxel.",
    ),
    "option.note": (
        "must have at most 2000 characters",
        "debe tener 2000 caracteres como máximo",
    ),
    "option.threshold": (
        "must be a number from 0 to 1, such as 0.5",
        "debe ser un número de 0 a 1, como 0,5",
    ),
    "option.microns_per_pixel": (
        "must be a number above 0 and at most 1000, such as 0.25",
        "debe ser un número mayor que 0 y de 1000 como máximo, como 0,25",
    ),
}
