"""How many files of the service one upload goes through."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from hf_space.api.app import create_api
from hf_space.settings import Settings
from tests.stores import patch
from tests.tracing import Tracer

HF_SPACE = Path(__file__).parents[2] / "hf_space"
MOST_FILES = 28
UPLOADS = 3


def test_a_patch_that_is_saved_enters_few_files(settings: Settings) -> None:
    tracer = Tracer(HF_SPACE)
    entered: list[set[Path]] = []
    # Threads that the service starts before are watched as well.
    with tracer.watching(), TestClient(create_api(settings)) as client:
        for index in range(UPLOADS + 1):
            tracer.entered = set()
            data = patch(index)
            with tracer.noting():
                response = client.post("/predict/", files={"file": data})
            assert response.json()["saved"]
            entered.append(tracer.entered)
    # The first one warms up. What runs in the background now and then is part of no upload.
    found = sorted(map(str, set.intersection(*entered[1:])))
    assert len(found) <= MOST_FILES, "\n".join(found)
    assert "cache/result_cache.py" in found
