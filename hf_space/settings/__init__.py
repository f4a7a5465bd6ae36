"""The service's settings, read from the environment."""

from hf_space.settings.service import (
    MAX_PIXELS,
    MAX_SLIDE_PIXELS,
    MAX_UPLOAD_BYTES,
    Settings,
)

__all__ = ["MAX_PIXELS", "MAX_SLIDE_PIXELS", "MAX_UPLOAD_BYTES", "Settings"]
