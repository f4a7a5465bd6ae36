"""The options of a prediction, and their validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from hf_space.errors import InvalidOptionsError, MissingImageError
from hf_space.schemas.base import Contradiction, Schema
from hf_space.schemas.prediction import Fingerprint, Pixels

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# More errors are of no help, and take far more memory than the input.
_MOST_FINDINGS = 100

Model = TypeVar("Model", bound=Schema)
Mode = Literal["auto", "patch", "region"]
_ANY: Final = TypeAdapter(Any)
# Limits of the values that a file may state for a slide.
SlideMicrons = Annotated[float, Field(ge=0.05, le=20.0, allow_inf_nan=False)]


class PredictOptions(Schema):
    """What a caller may ask beside the image."""

    operating_point: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="A named operating point of the model; see `/model/`."
    )
    threshold: Annotated[float, Field(ge=0.0, le=1.0, allow_inf_nan=False)] | None = Field(
        default=None,
        description="Your own threshold on the calibrated probability, without an uncertain band.",
    )
    explain: bool = Field(
        default=True,
        description="Draw the activation map over the image; the grid is always included.",
    )
    microns_per_pixel: Annotated[float, Field(gt=0.0, le=1000.0, allow_inf_nan=False)] | None = (
        Field(
            default=None,
            description="Scale of the image, above 0 and at most eight times the model's; read "
            "from the file's metadata if unset. Without either, only an image of patch size gets "
            "a verdict.",
        )
    )
    mode: Mode = Field(
        default="auto",
        description="`auto`: an image that fits in one patch at the model's scale is a patch, "
        "a larger one a region.",
    )
    save: bool | None = Field(
        default=None,
        description="Save the result, with a thumbnail, in your history; false saves nothing. If "
        "unset, it is saved only for callers who send a visitor's token, an API key or a ticket.",
    )

    @model_validator(mode="after")
    def _one_rule(self) -> PredictOptions:
        if self.threshold is not None and self.operating_point is not None:
            raise Contradiction(
                "give threshold or operating_point, not both", "threshold", "operating_point"
            )
        return self


class PredictRequest(PredictOptions):
    """The JSON body of `POST /predict/`."""

    image: str = Field(description="The image file in base64, or as a data URL.")


class SlideOptions(PredictOptions):
    """What is said of a slide whose picture at the model's scale is sent."""

    explain: Literal[False] = False
    microns_per_pixel: None = None
    mode: Literal["region"] = "region"
    slide_width: Pixels = Field(description="Width of level 0 in pixels.")
    slide_height: Pixels = Field(description="Height of level 0 in pixels.")
    slide_microns_across: SlideMicrons = Field(description="Micrometres per pixel of level 0 in x.")
    slide_microns_down: SlideMicrons = Field(description="Micrometres per pixel of level 0 in y.")
    scale_source: Literal["request", "metadata"] = Field(
        default="metadata",
        description="`request` if a person stated the scale, `metadata` if the file did.",
    )
    fingerprint: Fingerprint = Field(
        description="SHA-256 of the slide's size in bytes, as text, followed by its first and "
        "last MiB."
    )

    @property
    def slide_scale(self) -> tuple[float, float]:
        """Micrometres per pixel of level 0, in x and in y."""
        return self.slide_microns_across, self.slide_microns_down


def read_options(model: type[Model], values: Mapping[str, object]) -> Model:
    """Validate options given by name; raises InvalidOptionsError."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _without_input(error) from error


def read_json(model: type[Model], body: bytes) -> Model:
    """Validate a JSON request; raises InvalidOptionsError."""
    try:
        # If validated while it is parsed, each error would hold a copy of its input.
        return model.model_validate(_ANY.validate_json(body))
    except ValidationError as error:
        raise _without_input(error) from error


def read_predict_request(body: bytes) -> PredictRequest:
    """Validate the JSON of a prediction; raises MissingImageError, InvalidOptionsError."""
    try:
        return PredictRequest.model_validate_json(body)
    except ValidationError as error:
        if any(each["loc"] == ("image",) and each["type"] == "missing" for each in error.errors()):
            raise MissingImageError(
                "The JSON has no key image with the image in base64."
            ) from error
        raise _without_input(error) from error


def findings(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return pydantic's errors as ``field`` and ``message``; the input is not repeated.

    What several fields together are wrong about is listed for each of them.
    """
    return [
        {"field": field, "message": _message(error)} for error in errors for field in _fields(error)
    ]


def invalid_options(errors: Sequence[Mapping[str, Any]]) -> InvalidOptionsError:
    """Return pydantic's errors as a client error."""
    fields = findings(errors)
    names: dict[str, list[str]] = {}
    for field in fields:
        names.setdefault(field["message"], []).append(field["field"] or "request")
    text = "; ".join(f"{', '.join(each)}: {message}" for message, each in names.items())
    return InvalidOptionsError(text, fields=fields)


def _fields(error: Mapping[str, Any]) -> list[str]:
    place = ".".join(str(part) for part in error["loc"])
    cause = error.get("ctx", {}).get("error")
    if not isinstance(cause, Contradiction):
        return [place]
    return [f"{place}.{name}" if place else name for name in cause.fields]


def _message(error: Mapping[str, Any]) -> str:
    if error.get("type") == "extra_forbidden":
        # Pydantic's text speaks to programmers.
        return "unknown option"
    # Pydantic's prefix of messages from our own validators.
    return str(error["msg"]).removeprefix("Value error, ")


def _without_input(error: ValidationError) -> InvalidOptionsError:
    if (count := error.error_count()) > _MOST_FINDINGS:
        return invalid_options([{"loc": (), "msg": f"{count} values are wrong"}])
    return invalid_options(error.errors(include_input=False, include_url=False))
