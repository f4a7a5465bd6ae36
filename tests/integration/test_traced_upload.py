"""How many files of the service one upload goes through."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient

from hf_space.api.app import create_api
from hf_space.settings import Settings
from tests.stores import patch
from tests.tracing import Tracer

HF_SPACE = Path(__file__).parents[2] / "hf_space"
MOST_FILES = 31
# Recovery, conversion and retention run now and then, also while an upload is traced.
IN_THE_BACKGROUND = {
    Path("history/database/conversion.py"),
    Path("history/database/duplicates.py"),
    Path("history/database/transactions.py"),
    Path("history/deletion.py"),
    Path("history/reading/repository.py"),
    Path("history/retention.py"),
    Path("history/writing/recovery.py"),
    Path("history/writing/spool.py"),
}


def test_a_patch_that_is_saved_enters_few_files(settings: Settings) -> None:
    tracer = Tracer(HF_SPACE)
    data, saved = patch(2), {"save": "true"}
    # Threads that the service starts before are watched as well.
    with tracer.watching(), TestClient(create_api(settings)) as client:
        client.post("/predict/", files={"file": patch(1)}, data=saved)
        with tracer.noting():
            response = client.post("/predict/", files={"file": data}, data=saved)
        assert response.json()["saved"]
    entered = sorted(map(str, tracer.entered - IN_THE_BACKGROUND))
    assert len(entered) <= MOST_FILES, "\n".join(entered)
    assert {"cache/result_cache.py", "history/writing/writer.py"} <= set(entered)
