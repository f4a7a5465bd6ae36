from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from hf_space.schemas.errors import ErrorReport
from hf_space.schemas.prediction import PredictionResult
from tests.bundle_factory import encode, expected_probability, plain_image

PATCH = encode(plain_image(200, 120, 190))


def post_file(
    client: TestClient, data: bytes = PATCH, options: dict[str, str] | None = None
) -> Response:
    return client.post("/predict/", files={"file": ("patch.png", data)}, data=options)


def post_json(client: TestClient, image: str, **options: Any) -> Response:
    return client.post("/predict/", json={"image": image, **options})


def as_base64(data: bytes = PATCH) -> str:
    return base64.b64encode(data).decode()


def error_of(response: Response) -> tuple[int, str]:
    return response.status_code, ErrorReport.model_validate(response.json()).error.code


def without_clock(body: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in body.items() if k not in {"id", "created_at", "timing_ms", "cached"}}


def test_one_patch_gets_the_whole_contract(client: TestClient) -> None:
    response = post_file(client)
    assert response.status_code == 200
    result = PredictionResult.model_validate(response.json())
    assert result.probability == pytest.approx(expected_probability(200, 120, 190), abs=1e-5)
    assert result.verdict == "malignant"
    assert result.kind == "patch"
    assert result.region is None
    assert result.model.name == "tiny"


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", "data:;base64,"])
def test_multipart_and_base64_say_the_same(client: TestClient, prefix: str) -> None:
    options = {"threshold": 0.3, "explain": True, "microns_per_pixel": 4.0, "mode": "patch"}
    from_file = post_file(client, options={key: str(value) for key, value in options.items()})
    from_json = post_json(client, prefix + as_base64(), **options)
    assert from_json.status_code == 200
    assert without_clock(from_json.json()) == without_clock(from_file.json())
    assert from_json.json()["gradcam"]["overlay"]


def test_wrapped_base64_is_read(client: TestClient) -> None:
    text = base64.encodebytes(PATCH).decode()
    assert "\n" in text
    assert post_json(client, text).status_code == 200


def test_empty_form_fields_count_as_unset(client: TestClient) -> None:
    response = post_file(client, options={"threshold": "", "operating_point": "", "explain": ""})
    assert response.json()["operating_point"] == "balanced"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "missing_image"),
        (b"not an image", 415, "unsupported_image"),
        (PATCH[:-60], 422, "corrupt_image"),
        (encode(plain_image(255, 255, 255, width=128, height=128)), 422, "no_tissue"),
        (encode(plain_image(0, 0, 0, width=1001, height=1000)), 413, "too_many_pixels"),
        (PATCH + b"\0" * 200_000, 413, "payload_too_large"),
        (PATCH + b"\0" * 300_000, 413, "payload_too_large"),
    ],
    ids=["empty", "text", "truncated", "glass", "pixels", "bytes", "body"],
)
def test_bad_images_get_their_code(client: TestClient, data: bytes, status: int, code: str) -> None:
    assert error_of(post_file(client, data)) == (status, code)
    assert error_of(post_json(client, as_base64(data))) == (status, code)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"threshold": "1.5"}, "invalid_options"),
        ({"threshold": "nan"}, "invalid_options"),
        ({"threshold": "0.5", "operating_point": "balanced"}, "invalid_options"),
        ({"microns_per_pixel": "0"}, "invalid_options"),
        ({"microns_per_pixel": "inf"}, "invalid_options"),
        ({"explain": "perhaps"}, "invalid_options"),
        ({"treshold": "0.5"}, "invalid_options"),
        ({"mode": "slide"}, "invalid_options"),
        ({"operating_point": "best"}, "unknown_operating_point"),
        ({"microns_per_pixel": "1000"}, "scale_out_of_range"),
        ({"operating_point": "x" * 65}, "invalid_options"),
    ],
)
def test_bad_options_get_their_code(client: TestClient, options: dict[str, str], code: str) -> None:
    assert error_of(post_file(client, options=options)) == (422, code)
    assert error_of(post_json(client, as_base64(), **options)) == (422, code)


def test_a_contradiction_is_told_in_our_own_words(client: TestClient) -> None:
    options = {"threshold": "0.3", "operating_point": "balanced"}
    message = post_file(client, options=options).json()["error"]["message"]
    assert "threshold" in message
    assert "Value error" not in message


def test_bad_option_is_named_but_the_image_is_not_repeated(client: TestClient) -> None:
    response = post_json(client, "c2VjcmV0", threshold=7)
    error = response.json()["error"]
    assert error["details"]["fields"][0]["field"] == "threshold"
    assert "c2VjcmV0" not in response.text


@pytest.mark.parametrize(
    ("content", "content_type", "expected"),
    [
        (b"{", "application/json", (422, "invalid_options")),
        (b"[]", "application/json", (422, "invalid_options")),
        (b"{}", "application/json", (400, "missing_image")),
        (b'{"mode": "region"}', "application/json", (400, "missing_image")),
        (b'{"image": 1}', "application/json", (422, "invalid_options")),
        (b'{"image": ""}', "application/json", (400, "missing_image")),
        (b'{"image": "*"}', "application/json", (400, "invalid_encoding")),
        (b'{"image": "\xc3\xa9"}', "application/json", (400, "invalid_encoding")),
        (b'{"image": "\xff"}', "application/json", (422, "invalid_options")),
        (PATCH, "image/png", (415, "unsupported_media_type")),
        (PATCH, "", (415, "unsupported_media_type")),
        (b"--x\r\n", "multipart/form-data", (400, "invalid_form")),
        (b"nonsense", "multipart/form-data; boundary=x", (400, "invalid_form")),
        (b"", "multipart/form-data; boundary=x", (400, "missing_image")),
    ],
)
def test_bad_bodies_get_their_code(
    client: TestClient, content: bytes, content_type: str, expected: tuple[int, str]
) -> None:
    headers = {"content-type": content_type}
    assert error_of(client.post("/predict/", content=content, headers=headers)) == expected


def test_text_field_named_file_is_no_image(client: TestClient) -> None:
    response = client.post("/predict/", files={"other": b"x"}, data={"file": "text"})
    assert error_of(response) == (400, "missing_image")


def test_second_file_is_refused(client: TestClient) -> None:
    files = [("file", ("a.png", PATCH)), ("file", ("b.png", PATCH))]
    response = client.post("/predict/", files=files)
    assert error_of(response) == (413, "too_many_files")
    assert "/predict/batch/" in response.json()["error"]["message"]


def test_too_large_a_body_is_told_the_limit_of_the_image(client: TestClient) -> None:
    error = post_file(client, PATCH + b"\0" * 300_000).json()["error"]
    assert error["details"] == {"max_bytes": 200_000}


def test_a_region_is_answered_tile_by_tile(client: TestClient) -> None:
    image = plain_image(200, 120, 190, width=100, height=60)
    image[:, 50:] = (255, 255, 255)
    response = post_file(client, encode(image), {"microns_per_pixel": "4"})
    result = PredictionResult.model_validate(response.json())
    assert result.kind == "region"
    assert result.region is not None
    tile = pytest.approx(expected_probability(200, 120, 190), abs=1e-4)
    assert result.region.tiles == [[tile, None], [tile, None]]
    not_a_patch = post_file(client, encode(image), {"mode": "patch"})
    assert error_of(not_a_patch) == (422, "not_a_patch")


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
def test_endless_body_is_refused_before_it_is_read(client: TestClient, content_type: str) -> None:
    sent = 0

    def chunks() -> Any:
        nonlocal sent
        yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        for _ in range(1000):
            sent += 10_000
            yield b"0" * 10_000

    response = client.post("/predict/", content=chunks(), headers={"content-type": content_type})
    assert error_of(response) == (413, "payload_too_large")


def test_concurrent_requests_do_not_mix(client: TestClient) -> None:
    reds = [(i * 37) % 256 for i in range(48)]

    def ask(red: int) -> float:
        data = encode(plain_image(red, 100, 100))
        return float(post_file(client, data).json()["probability"])

    with ThreadPoolExecutor(8) as pool:
        probabilities = list(pool.map(ask, reds))
    expected = [expected_probability(red, 100, 100) for red in reds]
    assert probabilities == pytest.approx(expected, abs=1e-5)
