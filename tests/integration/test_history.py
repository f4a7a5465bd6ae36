"""Records through the API, on every pair of stores."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import select

from hf_space.history.database.statements import insert_records
from hf_space.history.database.tables import tallies
from hf_space.history.reading.repository import HistoryRepository
from hf_space.history.writing.spool import Spool
from hf_space.schemas.history import StatisticsQuery
from hf_space.schemas.ids import uuid7
from hf_space.schemas.prediction import PredictionResult
from tests.bundle_factory import encode, plain_image
from tests.record_factory import make_record
from tests.stores import Store, Visitor, client_of, error_of, patch

DRAWN = {"overlay", "heatmap"}
TILES = ("tiles", "tiles_raw")
FACTS = {
    *("id", "created_at", "kind", "verdict", "reasons", "probability", "threshold"),
    *("operating_point", "uncertain_band"),
}


def without_arrays(result: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in result.items() if key not in {"gradcam", "region"}}
    gradcam = {"rows", "columns"}
    region = result["region"] or {}
    return {
        **kept,
        "gradcam": {key: value for key, value in result["gradcam"].items() if key in gradcam},
        "region": {key: value for key, value in region.items() if key not in {*TILES, "heatmap"}},
    }


def numbers(grid: list[list[float | None]]) -> Any:
    return np.array([[np.nan if value is None else value for value in row] for row in grid])


@pytest.mark.parametrize(
    ("width", "height", "options"),
    [
        (50, 50, {}),
        (20, 45, {"threshold": 0.3}),
        (100, 60, {"microns_per_pixel": 4.0}),
        (700, 130, {"operating_point": "high_sensitivity", "explain": False}),
    ],
    ids=["patch", "padded", "region", "large"],
)
def test_a_saved_answer_comes_back_as_it_was_given(
    visitor: Visitor, width: int, height: int, options: dict[str, object]
) -> None:
    image = plain_image(200, 120, 190, width=width, height=height)
    image[:, width // 2 :] = (255, 255, 255) if width > 50 else (190, 110, 180)
    if width > 100:
        image[:, :50] = (120, 200, 190)
    image[0, 0] = np.random.default_rng().integers(0, 256, 3)
    answer = visitor.predict(encode(image), **options)
    assert answer["saved"]
    body = visitor.read(f"/history/{answer['id']}")
    assert (body["reviews"], body["has_original"]) == ([], False)
    result = body["result"]
    PredictionResult.model_validate(result)
    assert without_arrays(result) == without_arrays(answer)
    found, given = (numbers(each["gradcam"]["grid"]) for each in (result, answer))
    np.testing.assert_allclose(found, given, atol=1e-6)
    assert result["gradcam"]["overlay"].startswith("data:image/jpeg;base64,")
    if answer["kind"] == "region":
        for tiles in TILES:
            found, given = (numbers(each["region"][tiles]) for each in (result, answer))
            assert np.isnan(given).any()
            np.testing.assert_allclose(found, given, atol=1e-6)
        smoothed, raw = (numbers(result["region"][tiles]) for tiles in TILES)
        assert (np.nanmax(np.abs(smoothed - raw)) > 0.1) == (width > 100)
        assert result["region"]["heatmap"].startswith("data:image/jpeg;base64,")


def test_the_drawing_of_a_saved_patch_is_that_of_the_answer(visitor: Visitor) -> None:
    answer = visitor.predict(patch(1))
    again = visitor.read(f"/history/{answer['id']}")["result"]
    pixels = [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))), dtype=float)
        for url in (answer["gradcam"]["overlay"], again["gradcam"]["overlay"])
    ]
    assert pixels[0].shape == pixels[1].shape
    assert np.abs(pixels[0] - pixels[1]).max() <= 2


def test_the_thumbnail_is_a_small_webp_of_the_image(visitor: Visitor) -> None:
    data = patch(2, width=400, height=300)
    identifier = visitor.predict(data)["id"]
    response = visitor.get(f"/history/{identifier}/thumbnail")
    assert response.headers["content-type"] == "image/webp"
    assert response.headers["x-content-type-options"] == "nosniff"
    with Image.open(io.BytesIO(response.content)) as picture:
        assert (picture.format, picture.size) == ("WEBP", (256, 192))
        colour = np.asarray(picture.convert("RGB")).mean(axis=(0, 1))
    np.testing.assert_allclose(colour, (200, 120, 190), atol=4)


def test_the_file_itself_is_not_kept(visitor: Visitor) -> None:
    identifier = visitor.predict(patch(3))["id"]
    assert error_of(visitor.get(f"/history/{identifier}/original")) == (404, "unknown_record")


def test_the_file_itself_is_kept_where_the_service_keeps_originals(store: Store) -> None:
    data = patch(4)
    with client_of(store.settings(store_originals=True)) as client:
        keeper = Visitor(client)
        # From the cache too.
        for _ in range(2):
            identifier = keeper.predict(data)["id"]
            response = keeper.get(f"/history/{identifier}/original")
            assert response.content == data
            assert response.headers["content-disposition"] == "attachment"
            assert response.headers["x-content-type-options"] == "nosniff"
            assert keeper.read(f"/history/{identifier}")["has_original"]
        assert [item["has_original"] for item in keeper.read("/history/")["items"]] == [True, True]


def test_what_is_not_to_be_saved_is_kept_nowhere(visitor: Visitor) -> None:
    data = patch(5)
    for _ in range(2):
        answer = visitor.predict(data, save=False)
        assert (answer["saved"], answer["cached"]) == (False, False)
        assert error_of(visitor.get(f"/history/{answer['id']}")) == (404, "unknown_record")
    assert visitor.read("/history/") == {"items": [], "next_cursor": None}
    assert visitor.read("/stats/")["total"] == 0
    assert not visitor.predict(data)["cached"]
    assert len(visitor.ids()) == 1


def test_a_cached_answer_is_a_record_of_its_own(visitor: Visitor) -> None:
    first, second = (visitor.predict(patch(6)) for _ in range(2))
    assert (first["cached"], second["cached"]) == (False, True)
    assert visitor.ids() == [second["id"], first["id"]]
    assert visitor.read(f"/history/{second['id']}")["result"]["cached"]
    thumbnails = [visitor.get(f"/history/{each['id']}/thumbnail") for each in (first, second)]
    assert thumbnails[0].content == thumbnails[1].content


def test_a_batch_is_saved_image_by_image(visitor: Visitor) -> None:
    files = [("files", (f"{n}.png", patch(n))) for n in range(10, 20)]
    files.append(("files", ("text.png", b"no image")))
    response = visitor.ask("POST", "/predict/batch/", files=files)
    results = [json.loads(line)["result"] for line in response.text.splitlines()]
    saved = {result["id"] for result in results if result}
    assert len(saved) == 10
    assert all(result["saved"] for result in results if result)
    assert set(visitor.ids()) == saved
    visitor.ask("POST", "/predict/batch/", files=files[:2], data={"save": "false"})
    assert set(visitor.ids()) == saved


def test_an_item_of_a_page_tells_what_the_answer_told(visitor: Visitor) -> None:
    data = patch(21, width=120, height=60)
    answer = visitor.predict(data, microns_per_pixel=4)
    (item,) = visitor.read("/history/")["items"]
    assert {name: item[name] for name in FACTS} == {name: answer[name] for name in FACTS}
    assert item["image"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert item["warnings"] == [warning["code"] for warning in answer["warnings"]]
    assert item["malignant_area_mm2"] == answer["region"]["malignant_area_mm2"] > 0
    assert item["review"] is None


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("GET", "/history/{}", {}),
        ("GET", "/history/{}/thumbnail", {}),
        ("GET", "/history/{}/original", {}),
        ("DELETE", "/history/{}", {}),
        ("POST", "/history/{}/reviews", {"json": {"opinion": "agree"}}),
    ],
)
def test_anothers_record_is_as_unknown_as_none(
    visitor: Visitor, module_client: TestClient, method: str, path: str, content: dict[str, Any]
) -> None:
    identifier = visitor.predict(patch(30))["id"]
    other = Visitor(module_client)
    invented = str(uuid7())
    anothers = other.ask(method, path.format(identifier), **content)
    nobodys = other.ask(method, path.format(invented), **content)
    assert error_of(anothers) == error_of(nobodys) == (404, "unknown_record")
    assert anothers.content == nobodys.content.replace(invented.encode(), identifier.encode())
    assert visitor.read(f"/history/{identifier}")["reviews"] == []


def test_an_id_that_is_none_is_told(visitor: Visitor) -> None:
    assert error_of(visitor.get("/history/17")) == (422, "invalid_options")


def test_one_is_deleted_for_good(visitor: Visitor) -> None:
    kept, deleted = (visitor.predict(patch(n))["id"] for n in (31, 32))
    visitor.review(deleted, opinion="agree")
    response = visitor.ask("DELETE", f"/history/{deleted}")
    assert (response.status_code, response.content) == (204, b"")
    assert "Content-Type" not in response.headers
    for path in ("", "/thumbnail"):
        assert error_of(visitor.get(f"/history/{deleted}{path}")) == (404, "unknown_record")
    again = visitor.ask("DELETE", f"/history/{deleted}")
    assert error_of(again) == (404, "unknown_record")
    assert visitor.ids() == [kept]
    statistics = visitor.read("/stats/")
    assert (statistics["total"], statistics["agreement"]["reviewed"]) == (1, 0)


def test_all_are_deleted_for_good(visitor: Visitor, module_client: TestClient) -> None:
    other = Visitor(module_client)
    anothers = other.predict(patch(33))["id"]
    for number in range(34, 38):
        visitor.review(visitor.predict(patch(number))["id"], opinion="agree")
    response = visitor.ask("DELETE", "/history/")
    assert (response.status_code, response.json()) == (200, {"deleted": 4})
    assert visitor.read("/history/")["items"] == []
    assert visitor.read("/stats/")["total"] == 0
    assert visitor.ask("DELETE", "/history/").json() == {"deleted": 0}
    assert other.ids() == [anothers]
    assert other.read("/stats/")["total"] == 1


def test_all_are_deleted_of_an_owner_who_keeps_sending(store: Store) -> None:
    owner, before = b"o" * 32, datetime.now(UTC)
    many = [make_record(owner, before - timedelta(seconds=n)) for n in range(2500)]

    async def scenario() -> None:
        database = store.database()
        await database.open()
        history = HistoryRepository(database, Spool(store.folder, max_records=0))

        async def send() -> None:
            async with database.writing() as connection:
                await insert_records(connection, [make_record(owner, datetime.now(UTC))])

        async def keep_sending() -> int:
            sent = 0
            while not deleting.done():
                await send()
                sent += 1
            return sent

        async with database.writing() as connection:
            await insert_records(connection, many)
        deleting = asyncio.create_task(history.delete_all(owner))
        sent = await keep_sending()
        deleted = await deleting
        assert 2500 <= deleted < 2500 + sent
        statistics = await history.statistics(owner, StatisticsQuery())
        assert statistics.total == 2500 + sent - deleted
        assert await history.delete_all(owner) == statistics.total
        async with database.reading() as connection:
            assert (await connection.execute(select(tallies))).all() == []
        await database.close()

    asyncio.run(scenario())


def test_thumbnails_are_found_together_and_only_ones_own(
    visitor: Visitor, module_client: TestClient
) -> None:
    mine = [visitor.predict(patch(number))["id"] for number in (40, 41)]
    anothers = Visitor(module_client).predict(patch(42))["id"]
    portal, history = module_client.portal, module_client.app.state.history.repository  # type: ignore[attr-defined]
    assert portal is not None
    wanted = [UUID(identifier) for identifier in (*mine, anothers, str(uuid7()))]
    assert portal.call(history.thumbnails, visitor.owner, wanted) == {
        UUID(identifier): visitor.get(f"/history/{identifier}/thumbnail").content
        for identifier in mine
    }
    assert portal.call(history.thumbnails, visitor.owner, []) == {}
