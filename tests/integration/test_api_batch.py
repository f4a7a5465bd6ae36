from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from hf_space.api.app import create_api
from hf_space.schemas.batch import BatchItem
from hf_space.schemas.errors import ErrorReport
from hf_space.settings import Settings
from tests.bundle_factory import encode, expected_probability, plain_image

REDS = [(i * 37) % 256 for i in range(20)]


def patch(red: int) -> bytes:
    return encode(plain_image(red, 100, 100))


def zipped(files: dict[str, bytes], **options: Any) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def post(client: TestClient, *files: tuple[str, bytes], **options: str) -> Response:
    parts = [("files", file) for file in files]
    return client.post("/predict/batch/", files=parts, data=options)


def items_of(response: Response) -> list[BatchItem]:
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("application/x-ndjson")
    items = [BatchItem.model_validate_json(line) for line in response.text.splitlines()]
    return sorted(items, key=lambda item: item.index)


def error_of(response: Response) -> tuple[int, str]:
    return response.status_code, ErrorReport.model_validate(response.json()).error.code


def test_each_file_gets_its_own_answer(client: TestClient) -> None:
    files = [(f"{index}.png", patch(red)) for index, red in enumerate(REDS)]
    items = items_of(post(client, *files, explain="false", threshold="0.3"))
    assert [item.name for item in items] == [name for name, _ in files]
    for item, red in zip(items, REDS, strict=True):
        assert item.result is not None
        expected = expected_probability(red, 100, 100)
        assert item.result.probability == pytest.approx(expected, abs=1e-5)
        assert item.result.threshold == 0.3
        assert item.result.gradcam.overlay is None


def test_a_zip_is_the_same_as_its_files(client: TestClient) -> None:
    files = {f"slide/{red}.png": patch(red) for red in REDS}
    noise = {"__MACOSX/slide/._0.png": b"x", ".DS_Store": b"x", "slide/": b""}
    items = items_of(post(client, ("all.zip", zipped(files | noise))))
    assert [item.name for item in items] == [f"slide/{red}.png" for red in REDS]
    probabilities = [item.result.probability for item in items if item.result]
    expected = [expected_probability(red, 100, 100) for red in REDS]
    assert probabilities == pytest.approx(expected, abs=1e-5)


def test_a_file_of_a_zip_may_have_no_name(client: TestClient) -> None:
    data = zipped({"a.png": patch(1), "b.png": patch(2)}).replace(b"a.png", bytes(5))
    items = items_of(post(client, ("all.zip", data)))
    assert [item.name for item in items] == [None, "b.png"]
    expected = [expected_probability(red, 100, 100) for red in (1, 2)]
    found = [item.result.probability for item in items if item.result]
    assert found == pytest.approx(expected, abs=1e-5)


def test_a_bad_file_has_its_own_error_line(client: TestClient) -> None:
    good = patch(150)
    files = [("good.png", good), ("text.png", b"text"), ("cut.png", good[:-60]), ("empty.png", b"")]
    items = items_of(post(client, *files))
    codes = [item.error.code if item.error else None for item in items]
    assert codes == [None, "unsupported_image", "corrupt_image", "missing_image"]
    assert items[0].result is not None


def test_a_damaged_entry_spoils_only_itself(client: TestClient) -> None:
    data = bytearray(zipped({"a.png": patch(1), "b.png": patch(2)}))
    data[60] ^= 0xFF
    items = items_of(post(client, ("all.zip", bytes(data))))
    assert items[0].error is not None
    assert items[0].error.code in {"invalid_archive", "corrupt_image"}
    assert items[1].result is not None


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"PK\x03\x04" + b"\0" * 100, (422, "invalid_archive")),
        (zipped({"folder/": b""}), (422, "invalid_archive")),
        (zipped({}), (422, "invalid_archive")),
        (zipped({f"{i}.png": b"x" for i in range(31)}), (413, "too_many_files")),
        (zipped({f"{i}.png": b"" for i in range(2000)}), (413, "too_many_files")),
        (patch(1).replace(b"\x89PNG", b"PK\x03\x04"), (422, "invalid_archive")),
        (zipped({"a.png": b"\0" * 600_000}), (413, "payload_too_large")),
    ],
    ids=["damaged", "folder", "empty", "many", "long directory", "no directory", "bomb"],
)
def test_bad_zips_get_their_code(
    client: TestClient, content: bytes, expected: tuple[int, str]
) -> None:
    assert error_of(post(client, ("all.zip", content))) == expected


def test_an_encrypted_zip_is_refused(client: TestClient) -> None:
    data = bytearray(zipped({"a.png": patch(1)}))
    # Bit 0 of the flags, in the local and in the central header.
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert error_of(post(client, ("all.zip", bytes(data)))) == (422, "invalid_archive")


def test_a_lying_entry_is_not_unpacked_beyond_the_limit(client: TestClient) -> None:
    data = bytearray(zipped({"a.png": b"\0" * 450_000}))
    # The central header says 10 bytes.
    start = data.index(b"PK\x01\x02") + 24
    data[start : start + 4] = (10).to_bytes(4, "little")
    items = items_of(post(client, ("all.zip", bytes(data))))
    assert items[0].error is not None


@pytest.mark.parametrize(
    ("files", "options", "expected"),
    [
        ([], {}, (415, "unsupported_media_type")),
        ([("a.png", patch(1))] * 31, {}, (413, "too_many_files")),
        ([("a.png", b"\0" * 700_000)], {}, (413, "payload_too_large")),
        ([("a.png", patch(1))], {"threshold": "2"}, (422, "invalid_options")),
    ],
    ids=["no form", "many", "bytes", "option"],
)
def test_bad_requests_get_their_code(
    client: TestClient, files: list[Any], options: dict[str, str], expected: tuple[int, str]
) -> None:
    assert error_of(post(client, *files, **options)) == expected


def test_text_alone_is_no_batch(client: TestClient) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="explain"\r\n\r\nfalse\r\n--x--\r\n'
    headers = {"content-type": "multipart/form-data; boundary=x"}
    response = client.post("/predict/batch/", content=body, headers=headers)
    assert error_of(response) == (400, "missing_image")


def test_an_unknown_operating_point_is_told_once(client: TestClient) -> None:
    response = post(client, ("a.png", patch(1)), operating_point="best")
    assert error_of(response) == (422, "unknown_operating_point")


def test_many_large_images_wait_for_each_other(client: TestClient) -> None:
    files = [
        (f"{red}.png", encode(plain_image(red, 100, 100, width=300, height=260)))
        for red in range(25)
    ]
    items = items_of(post(client, *files))
    assert [item.result.kind for item in items if item.result] == ["region"] * 25


def test_lines_are_plain_json(client: TestClient) -> None:
    line = post(client, ("a.png", patch(1))).text.splitlines()[0]
    assert set(json.loads(line)) == {"index", "name", "result", "error"}


def test_without_a_model_nothing_is_predicted(settings: Settings, tmp_path: Path) -> None:
    missing = settings.model_copy(update={"model_dir": tmp_path / "none"})
    with TestClient(create_api(missing)) as client:
        assert error_of(post(client, ("a.png", patch(1)))) == (503, "model_unavailable")
