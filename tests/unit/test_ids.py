from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from hf_space.schemas.ids import first_id_at, time_of, uuid7

MICROSECOND = timedelta(microseconds=1)
SECOND = datetime(2026, 3, 29, 1, 59, 59, tzinfo=UTC)


def test_an_id_is_a_version_7_uuid_of_now() -> None:
    before = datetime.now(UTC)
    made = uuid7()
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before - MICROSECOND <= time_of(made) <= datetime.now(UTC)


def test_ids_sort_in_the_order_they_were_made() -> None:
    made = []
    for _ in range(1000):
        made.append(uuid7())
        # Clocks of some machines stand still for a moment.
        while time_of(uuid7()) == time_of(made[-1]):
            pass
    assert made == sorted(made)
    assert made == sorted(made, key=str)
    assert len(set(made)) == 1000


def test_a_moment_comes_back_to_the_microsecond() -> None:
    rng = random.Random(1)  # noqa: S311 -- no secret
    moments = [SECOND + timedelta(microseconds=n) for n in range(2000)]
    moments += [SECOND + timedelta(microseconds=rng.randrange(10**15)) for _ in range(2000)]
    for moment in moments:
        first = first_id_at(moment)
        assert (first.version, first.variant) == (7, "specified in RFC 4122")
        assert time_of(first) == moment


def test_the_first_id_of_a_moment_parts_earlier_ids_from_later_ones() -> None:
    for microseconds in (0, 1, 244, 999, 1000, 500_000, 999_999):
        moment = SECOND + timedelta(microseconds=microseconds)
        first = first_id_at(moment)
        last_before = UUID(int=first_id_at(moment - MICROSECOND).int | (1 << 62) - 1)
        assert last_before < first
        assert time_of(last_before) == moment - MICROSECOND
        assert first <= UUID(int=first.int | 12345) < first_id_at(moment + MICROSECOND)


def test_an_id_lies_between_the_first_of_its_moment_and_of_the_next() -> None:
    for _ in range(1000):
        made = uuid7()
        moment = time_of(made)
        assert made < first_id_at(moment + MICROSECOND)
        # Within a microsecond some ids come before the one that a moment is rounded up to.
        assert first_id_at(moment - MICROSECOND) < made


@pytest.mark.parametrize("hours", [-12, -3.5, 0, 5.75, 14])
def test_the_zone_of_a_moment_makes_no_difference(hours: float) -> None:
    zone = timezone(timedelta(hours=hours))
    assert first_id_at(SECOND.astimezone(zone)) == first_id_at(SECOND)
    assert time_of(first_id_at(SECOND.astimezone(zone))).utcoffset() == timedelta()


def test_moments_before_1970_have_the_least_id_and_the_last_the_greatest() -> None:
    least = first_id_at(datetime(1970, 1, 1, tzinfo=UTC))
    assert first_id_at(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14)))) == least
    assert least < uuid7() < first_id_at(datetime(9999, 12, 31, tzinfo=UTC))
