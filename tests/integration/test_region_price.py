"""A large region is charged by its tiles, once, and before its pixels are decoded."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bundle_factory import encode, plain_image
from tests.stores import Store, Visitor, client_of, error_of

# At the model's scale: 9x9 and 18x18 tiles, which are one and five images more.
SMALL, LARGE = (encode(plain_image(200, 120, 190, width=side, height=side)) for side in (450, 900))


def left_after(visitor: Visitor, image: bytes) -> int:
    form = {"microns_per_pixel": "4", "explain": "false"}
    response = visitor.ask("POST", "/predict/", files={"file": image}, data=form)
    assert response.json()["kind"] == "region"
    return int(response.headers["X-RateLimit-Remaining"])


def test_each_64_tiles_count_as_one_image_more(tmp_path: Path) -> None:
    with client_of(Store(tmp_path).settings(owner_images_per_minute=60)) as client:
        # A new visitor each time, because tokens refill in the meantime, one a second.
        assert [60 - left_after(Visitor(client), image) for image in (SMALL, LARGE)] == [2, 6]
        assert 60 - left_after(Visitor(client), LARGE) == 1


@pytest.mark.parametrize(("limit", "left"), [(1, 0), (4, 1), (100, 94)])
def test_the_price_is_never_more_than_a_visitor_can_save_up(
    limit: int, left: int, tmp_path: Path
) -> None:
    with client_of(Store(tmp_path).settings(owner_images_per_minute=limit)) as client:
        visitor = Visitor(client)
        assert left_after(visitor, LARGE) == left
        if limit == 4:
            form = {"microns_per_pixel": "4", "threshold": "0.3"}
            refused = visitor.ask("POST", "/predict/", files={"file": LARGE}, data=form)
            assert error_of(refused) == (429, "rate_limited")
            assert int(refused.headers["Retry-After"]) > 1
