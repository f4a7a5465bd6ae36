from __future__ import annotations

import pytest

from hf_space.history.database.connection import Database
from hf_space.history.record import group_size

MEGABYTE = 1 << 20


@pytest.mark.parametrize(
    "parameters",
    [
        "sslmode=require&channel_binding=require",
        "connect_timeout=10&application_name=lab",
        "sslmode=disable",
    ],
)
def test_addresses_as_hosts_hand_them_out_are_taken(parameters: str) -> None:
    for scheme in ("postgres", "postgresql", "postgresql+asyncpg"):
        assert not Database(f"{scheme}://u:p@host/name?{parameters}").is_sqlite


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://u:secret@host/name", "mysql"),
        ("postgresql://u:secret@host/name?colour=red", "takes no colour"),
        ("no address: secret", "no address of a database"),
    ],
)
def test_an_address_that_cannot_work_is_refused_at_once(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        Database(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("weights", "size"),
    [
        ([], 0),
        ([100 * MEGABYTE], 1),
        ([MEGABYTE] * 10, 4),
        ([3 * MEGABYTE, 3 * MEGABYTE], 1),
        ([1000] * 64, 64),
    ],
)
def test_a_group_is_some_megabytes_or_a_single_record(weights: list[int], size: int) -> None:
    assert group_size(weights) == size
