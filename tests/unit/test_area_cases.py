"""Averages of areas, in cases that the site's own are tested with too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hf_space.imaging.readers.area import Axis, average

CASES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "cases" / "areas.json").read_text("utf-8")
)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_areas_are_averaged(case: dict[str, Any]) -> None:
    level = np.array(case["pixels"], np.uint8).reshape(case["height"], case["width"], 3)
    down = Axis(0.0, case["down"], case["height"])
    across = Axis(0.0, case["across"], case["width"])
    (top, bottom), (left, right) = down.span(0, case["rows"]), across.span(0, case["columns"])
    part = level[top:bottom, left:right]
    pixels = average(part, down, across, range(case["rows"]), case["columns"])
    assert pixels.ravel().tolist() == case["averages"]
