"""From pixels to logits: the engine and its batches."""

import sys

# OpenVINO reports every import to Google Analytics, unless its telemetry cannot be imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
