"""Many visitors while PostgreSQL and Redis are killed: nothing is lost or mixed up."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chaos.ledger import Findings
from benchmarks.chaos.run import Plan, run_chaos
from tests.services import Postgres, Redis
from tests.stores import Store

PLAN = Plan(requests=400, clients=24, visitors=4, erasers=2)


def test_no_answer_and_no_record_is_wrong_while_the_databases_are_killed(
    tmp_path: Path, postgres: Postgres, redis_server: Redis, postgres_url: str, redis_url: str
) -> None:
    chaos = run_chaos(Store(tmp_path, postgres_url, redis_url), postgres, redis_server, PLAN)
    assert chaos.others == []
    found = chaos.findings
    assert found == Findings(found.records, lost=0, double=0, foreign=0, returned=0)
    assert sum(map(sum, (counts.values() for counts in chaos.answers.values()))) == PLAN.requests
    # Both were really down, and there was something to lose.
    assert chaos.delayed > 0
    assert any("503" in counts for counts in chaos.answers.values())
    assert min(found.records, chaos.deleted, chaos.reviews) > 0
