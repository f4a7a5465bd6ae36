"""What tests can make go wrong on the local Hub, and what the real client makes of it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd, constants
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from tests.hub.server import Hub

REPOSITORY = "owner/faulty"
WEIGHTS = random.Random(2).randbytes(3_000_000)  # noqa: S311 -- the same bytes each time


def publish(hub: Hub, content: bytes = WEIGHTS) -> str:
    """Put one large file into a repository, and return the commit."""
    api = hub.api()
    api.create_repo(REPOSITORY, exist_ok=True)
    files = [CommitOperationAdd("w.onnx", content)]
    return api.create_commit(REPOSITORY, files, commit_message="Publish").oid


def downloaded(hub: Hub) -> bytes:
    """Download the file into the cache, and return what is there."""
    return Path(hub.api().hf_hub_download(REPOSITORY, "w.onnx")).read_bytes()


def test_the_cache_serves_while_the_hub_is_away(hub: Hub) -> None:
    first = publish(hub)
    cached = hub.api().snapshot_download(REPOSITORY)
    hub.down()
    assert hub.api().snapshot_download(REPOSITORY) == cached
    assert Path(cached).name == first
    hub.up()
    second = publish(hub, WEIGHTS[::-1])
    assert Path(hub.api().snapshot_download(REPOSITORY)).name == second


def test_without_a_cache_an_absent_hub_is_an_error(hub: Hub) -> None:
    publish(hub)
    hub.down()
    with pytest.raises(LocalEntryNotFoundError, match="Connection refused"):
        hub.api().snapshot_download(REPOSITORY)


def test_the_client_sends_an_interrupted_upload_again(hub: Hub) -> None:
    hub.faults.drop_uploads(after=100_000)
    publish(hub)
    puts = [request for request in hub.requests if request.method == "PUT"]
    assert [request.status for request in puts] == [0, 200]
    assert 100_000 <= puts[0].received < len(WEIGHTS) == puts[1].received
    assert hub.repository(REPOSITORY).content("w.onnx") == WEIGHTS


def test_the_client_resumes_an_interrupted_download(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It keeps what has arrived in pieces of this size, 10 MB otherwise.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 10_000)
    publish(hub)
    hub.faults.cut_downloads("w.onnx", after=100_000)
    assert downloaded(hub) == WEIGHTS
    gets = [request.status for request in hub.requests if request.path.startswith("/content/")]
    assert gets == [200, 206]


def test_the_client_tries_again_when_asked_to_come_later(hub: Hub) -> None:
    hub.faults.fail("POST", "/preupload/", times=1, status=503)
    publish(hub)
    preuploads = [request.status for request in hub.requests if "/preupload/" in request.path]
    assert preuploads == [503, 200]


def test_a_request_can_fail_for_good(hub: Hub) -> None:
    hub.faults.fail("POST", "/commit/", status=500, message="Out of order")
    with pytest.raises(HfHubHTTPError, match="Out of order"):
        publish(hub)
    assert len(hub.repository(REPOSITORY).commits) == 1


def test_the_client_does_not_notice_changed_bytes(hub: Hub) -> None:
    publish(hub)
    hub.faults.corrupt("w.onnx")
    received = downloaded(hub)
    changed = [i for i, (a, b) in enumerate(zip(received, WEIGHTS, strict=True)) if a != b]
    assert changed == [len(WEIGHTS) // 2]


def test_the_client_notices_missing_bytes(hub: Hub) -> None:
    publish(hub)
    hub.faults.shorten("w.onnx", to=2_000_000)
    with pytest.raises(OSError, match="Consistency check failed"):
        downloaded(hub)
    hub.mend()
    assert downloaded(hub) == WEIGHTS


def test_a_token_can_be_rejected(hub: Hub) -> None:
    publish(hub)
    hub.faults.reject(hub.tokens.read)
    with pytest.raises(HfHubHTTPError, match="Invalid credentials") as refusal:
        hub.api(hub.tokens.read).model_info(REPOSITORY)
    assert refusal.value.response.status_code == 401
    assert hub.api().model_info(REPOSITORY)
