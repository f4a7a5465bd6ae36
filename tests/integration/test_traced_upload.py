"""How many files of the service one upload goes through."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from hf_space.api.app import create_api
from hf_space.settings import Settings
from tests.stores import patch
from tests.tracing import Tracer

HF_SPACE = Path(__file__).parents[2] / "hf_space"
MOST_FILES = 45


def test_a_patch_that_is_saved_enters_few_files(settings: Settings) -> None:
    tracer = Tracer(HF_SPACE)
    # Threads that the service starts before are watched as well.
    with tracer.watching(), TestClient(create_api(settings)) as client:
        client.post("/predict/", files={"file": patch(1)})
        with tracer.noting():
            response = client.post("/predict/", files={"file": patch(2)})
        assert response.json()["saved"]
    entered = sorted(map(str, tracer.entered))
    assert len(entered) <= MOST_FILES, "\n".join(entered)
    assert "cache/result_cache.py" in entered
