from __future__ import annotations

import hashlib
import re

import pytest
from pydantic import SecretStr

from hf_space.access.visitor import ApiKeys, new_token, owner_of_token

KEY, OTHER = "k" * 20, "o" * 20


def test_tokens_are_random_and_long_enough_not_to_be_guessed() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000
    # 43 characters of 64 kinds hold 256 bits.
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)
    assert len({character for token in tokens for character in token}) == 64


def test_an_owner_is_the_digest_of_the_token() -> None:
    token = new_token()
    assert owner_of_token(token) == hashlib.sha256(token.encode()).digest()
    assert owner_of_token(token) != owner_of_token(new_token())


@pytest.mark.parametrize(
    "text",
    ["", "short", "a" * 42, "a" * 44, "a" * 42 + "=", "a" * 42 + "é", "a" * 43 + "\n", "hf_abc"],
    ids=ascii,
)
def test_what_the_service_could_not_have_given_out_is_no_token(text: str) -> None:
    assert owner_of_token(text) is None


def test_a_key_names_its_owner_and_no_other_text_does() -> None:
    keys = ApiKeys({"ward": SecretStr(KEY), "lab": SecretStr(OTHER)})
    assert keys.owner(KEY) != keys.owner(OTHER)
    assert None not in {keys.owner(KEY), keys.owner(OTHER)}
    for text in ("", KEY[:-1], KEY + "x", KEY.upper(), "ward", "é"):
        assert keys.owner(text) is None


def test_an_owner_keeps_the_history_when_the_key_is_replaced() -> None:
    old, new = ApiKeys({"ward": SecretStr(KEY)}), ApiKeys({"ward": SecretStr(OTHER)})
    assert old.owner(KEY) == new.owner(OTHER)
    assert new.owner(KEY) is None


def test_no_visitor_can_become_the_owner_of_a_key() -> None:
    token = new_token()
    keys = ApiKeys({token: SecretStr(KEY)})
    assert keys.owner(KEY) not in {owner_of_token(token), owner_of_token(KEY)}


def test_without_keys_nobody_has_one() -> None:
    assert ApiKeys({}).owner("") is None
