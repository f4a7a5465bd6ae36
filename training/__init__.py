"""From patches to an evaluated, calibrated and exported model: `python -m training --help`."""

import os

# Before anything imports OpenVINO, because it switches the telemetry off.
import hf_space.inference  # noqa: F401

# TensorFlow disables these kernels on AMD processors, where they train a third faster.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
