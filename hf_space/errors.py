"""Every error the service raises on purpose; `docs/api.md` lists the codes.

Each class carries the ``code`` a client may switch on and the HTTP ``status`` it maps to. The text
of a `RequestError` is written for the client: it names the value and the remedy, never a path. The
text of every other class is for the log only; clients get ``public_message``.
"""

from __future__ import annotations

from typing import ClassVar

from hf_space.messages.catalogue import text


class BiopsiaError(Exception):
    """Base of all errors of the service."""

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500
    retry_after_seconds: int | None = None
    public_message: ClassVar[str | None] = text("error.internal_error", "en")

    def __init__(self, message: str, **details: object) -> None:
        """Describe one failure.

        Args:
            message: What went wrong, with the offending value and the remedy.
            **details: Facts a program can use; JSON values only.
        """
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def client_message(self) -> str:
        """The text a client may see."""
        return self.public_message or self.message

    @property
    def client_details(self) -> dict[str, object]:
        """The details a client may see; none where the message is withheld."""
        return {} if self.public_message else self.details


class RequestError(BiopsiaError):
    """The request itself is wrong; sending it again cannot help."""

    code = "invalid_request"
    status = 400
    public_message = None


class InvalidEncodingError(RequestError):
    """The image text is neither base64 nor a base64 data URL."""

    code = "invalid_encoding"


class MissingImageError(RequestError):
    """The request carries no image, or an empty one."""

    code = "missing_image"


class InvalidFormError(RequestError):
    """The multipart form cannot be parsed."""

    code = "invalid_form"


class UnsupportedBodyError(RequestError):
    """The body is neither multipart form data nor JSON."""

    code = "unsupported_media_type"
    status = 415


class InvalidOptionsError(RequestError):
    """An option is unknown, has a bad value, or contradicts another."""

    code = "invalid_options"
    status = 422


class UnknownOperatingPointError(RequestError):
    """The model has no operating point of this name."""

    code = "unknown_operating_point"
    status = 422


class PayloadTooLargeError(RequestError):
    """The upload has more bytes than allowed."""

    code = "payload_too_large"
    status = 413


class ArchiveError(RequestError):
    """The zip is damaged, encrypted, or unpacks to far more than it weighs."""

    code = "invalid_archive"
    status = 422


class TooManyFilesError(RequestError):
    """The batch has more images than allowed."""

    code = "too_many_files"
    status = 413


class UnknownPathError(RequestError):
    """There is nothing at this path."""

    code = "not_found"
    status = 404


class UnknownRecordError(RequestError):
    """There is no such record, or it is another owner's; clients cannot tell which."""

    code = "unknown_record"
    status = 404


class WrongMethodError(RequestError):
    """The path does not accept this method."""

    code = "method_not_allowed"
    status = 405


class LengthRequiredError(RequestError):
    """The body's length must be stated here."""

    code = "length_required"
    status = 411


class HeadTooLargeError(RequestError):
    """The request line and headers are too long."""

    code = "head_too_large"
    status = 431


class CrossSiteError(RequestError):
    """A page of another site tried to write with the visitor's cookie or password."""

    code = "cross_site"
    status = 403


class CredentialsError(RequestError):
    """The token or key is not valid."""

    code = "invalid_credentials"
    status = 401


class ApiKeyRequiredError(RequestError):
    """This service requires an API key."""

    code = "api_key_required"
    status = 401


class RateLimitedError(RequestError):
    """The visitor, or the address, asks for more than its share."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, *, retry_after_seconds: int = 1, **details: object) -> None:
        """Describe the refusal, and when the next request will be accepted."""
        super().__init__(message, retry_after_seconds=retry_after_seconds, **details)
        self.retry_after_seconds = retry_after_seconds


class ImageError(RequestError):
    """The bytes arrived, but cannot be used as an image."""

    code = "invalid_image"
    status = 422


class UnsupportedImageError(ImageError):
    """The bytes are no image format, or no pixel type, that the service reads."""

    code = "unsupported_image"
    status = 415


class CorruptImageError(ImageError):
    """The file is truncated or damaged."""

    code = "corrupt_image"


class AnimatedImageError(ImageError):
    """The file holds several frames or pages, so which one to read is unclear."""

    code = "animated_image"


class TooManyPixelsError(ImageError):
    """The image declares more pixels than allowed; it was not decoded."""

    code = "too_many_pixels"
    status = 413


class ScaleError(ImageError):
    """At its stated scale the image shrinks to nothing or cannot be rescaled sensibly."""

    code = "scale_out_of_range"


class UnknownScaleError(ImageError):
    """Neither a slide nor the caller states its scale; only slides on disk are refused for it."""

    code = "scale_unknown"


class ContradictoryScaleError(ImageError):
    """A slide states scales that contradict one another, and the caller none."""

    code = "scale_conflict"


class NotAPatchError(ImageError):
    """The image was sent as a patch and is larger than one."""

    code = "not_a_patch"


class NoTissueError(ImageError):
    """The region is all background."""

    code = "no_tissue"


class ModelUnavailableError(BiopsiaError):
    """No usable model is loaded."""

    code = "model_unavailable"
    status = 503
    public_message = text("error.model_unavailable", "en")


class BundleError(ModelUnavailableError):
    """The model folder is missing, incomplete or altered."""


class FetchError(BundleError):
    """The model could not be fetched from the Hub; a retry may succeed."""


class HistoryUnavailableError(BiopsiaError):
    """The database of the history cannot be reached."""

    code = "history_unavailable"
    status = 503
    public_message = text("error.history_unavailable", "en")
    retry_after_seconds = 2


class BusyError(BiopsiaError):
    """The queue is full, or the service is shutting down."""

    code = "busy"
    status = 503
    public_message = text("error.busy", "en")
    retry_after_seconds = 1


def error_codes(kind: type[BiopsiaError] = BiopsiaError) -> set[str]:
    """Return the codes of a class and of all below it."""
    return {kind.code}.union(*map(error_codes, kind.__subclasses__()))
