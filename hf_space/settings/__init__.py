"""The service's settings, and the environment that they are read from."""

from hf_space.settings.service import (
    MAX_PIXELS,
    MAX_SLIDE_PIXELS,
    MAX_UPLOAD_BYTES,
    Settings,
)

__all__ = ["MAX_PIXELS", "MAX_SLIDE_PIXELS", "MAX_UPLOAD_BYTES", "Settings"]
