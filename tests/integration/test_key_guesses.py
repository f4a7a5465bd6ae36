"""Guesses that come at once are no more than those that come one after another."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient

from hf_space.api.middleware.identify import API_KEY_HEADER
from tests.stores import Store, client_of

KEY = "k" * 32


def status_of(client: TestClient, key: str) -> int:
    return client.get("/history/", headers={API_KEY_HEADER: key}).status_code


def test_guesses_at_once_are_told_no_more_than_ten_times(store: Store) -> None:
    with client_of(store.settings(api_keys={"lab": KEY})) as client, ThreadPoolExecutor(40) as pool:
        keys = [f"{number:032}" for number in range(120)]
        told = Counter(pool.map(lambda key: status_of(client, key), keys))
        # Ten, and those for which the time of the test is enough.
        assert 10 <= told[401] <= 14
        assert told[401] + told[429] == 120
        assert status_of(client, KEY) == 429
