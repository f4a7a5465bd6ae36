from __future__ import annotations

import hashlib
import hmac
import time
from typing import Any

import pytest

from hf_space.access.visitor import client_address

PROXY = "10.0.0.1"


def _address(*forwarded: str, hops: int, peer: str = PROXY) -> str:
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    scope: dict[str, Any] = {"type": "http", "client": (peer, 50000), "headers": headers}
    return client_address(scope, hops)


@pytest.mark.parametrize(
    ("forwarded", "hops", "expected", "why"),
    [
        ([], 0, PROXY, "nothing is forwarded"),
        (["203.0.113.7"], 0, PROXY, "no proxy is trusted"),
        (["203.0.113.7"], 1, "203.0.113.7", "the proxy names its client"),
        (["1.1.1.1, 203.0.113.7"], 1, "203.0.113.7", "the first entry is the client's own text"),
        (["1.1.1.1", "203.0.113.7"], 1, "203.0.113.7", "headers of one name are one list"),
        (["1.1.1.1, 203.0.113.7, 10.0.0.2"], 2, "203.0.113.7", "two proxies, two entries"),
        (["1.1.1.1, 203.0.113.7", "10.0.0.2"], 2, "203.0.113.7", "lists join before they count"),
        (["203.0.113.7"], 3, "203.0.113.7", "fewer entries than proxies"),
        (["203.0.113.7 ,10.0.0.2"], 2, "203.0.113.7", "spaces are no part of an entry"),
        ([], 1, PROXY, "the proxy forwarded nothing"),
        ([""], 1, PROXY, "an empty entry"),
        (["203.0.113.7,"], 1, PROXY, "an empty last entry"),
        (["203.0.113.7, unknown"], 1, PROXY, "no address"),
        (["\xe9\xff"], 1, PROXY, "not even ASCII"),
        (["999.1.1.1"], 1, PROXY, "out of range"),
    ],
)
def test_only_what_trusted_proxies_say_counts(
    forwarded: list[str], hops: int, expected: str, why: str
) -> None:
    assert _address(*forwarded, hops=hops) == expected, why


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("203.0.113.7:4711", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3:4:5:6]:4711", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:4711", "203.0.113.7"),
    ],
)
def test_one_subscriber_has_one_address(text: str, expected: str) -> None:
    assert _address(text, hops=1) == expected
    # A peer's address comes without a port or brackets.
    if "]" not in text and "." not in text:
        assert _address(hops=0, peer=text) == expected


def test_a_peer_without_an_address_of_its_own_is_one_all_the_same() -> None:
    assert _address(hops=0, peer="testclient") == "testclient"
    assert client_address({"type": "http", "client": None, "headers": []}, 0) == "unknown"
    assert client_address({"type": "http", "headers": []}, 1) == "unknown"


SECRET = b"s" * 32
NOW = 1_764_430_000


def _stated(address: str, *, age: float = 0, secret: bytes = SECRET) -> str:
    text = f"{int(NOW - age)} {address}"
    return f"{text} {hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()}"


@pytest.mark.parametrize(
    ("header", "expected", "why"),
    [
        (_stated("203.0.113.7"), "203.0.113.7", "the site states it"),
        (_stated("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64", "by network, as any other"),
        (_stated("203.0.113.7", secret=b"t" * 32), PROXY, "another secret"),
        (_stated("203.0.113.7", age=3600), PROXY, "an hour old"),
        (_stated("203.0.113.7", age=-3600), PROXY, "an hour ahead"),
        (_stated("203.0.113.7").replace("203", "204"), PROXY, "another address"),
        (f"{NOW} 203.0.113.7", PROXY, "no signature"),
        ("\xe9", PROXY, "not even ASCII"),
    ],
)
def test_only_a_signed_word_of_the_site_counts(
    monkeypatch: pytest.MonkeyPatch, header: str, expected: str, why: str
) -> None:
    monkeypatch.setattr(time, "time", lambda: float(NOW))
    headers = [
        (b"x-biopsia-client", header.encode("latin-1")),
        (b"x-forwarded-for", b"9.9.9.9"),
    ]
    scope: dict[str, Any] = {"type": "http", "client": (PROXY, 50000), "headers": headers}
    assert client_address(scope, 0, SECRET) == expected, why
    assert client_address(scope, 0) == PROXY
