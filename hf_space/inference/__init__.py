"""From pixels to logits: bundle loading with hash checks, and the engine."""

import sys

# OpenVINO tells Google Analytics of every import, unless its telemetry cannot be imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
