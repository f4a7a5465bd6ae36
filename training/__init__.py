"""From patches to an evaluated, calibrated and exported model: `python -m training --help`."""

import os

# TensorFlow leaves these kernels off on AMD processors, where they train a third faster.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
