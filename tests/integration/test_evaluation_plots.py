"""The plots of the model's evaluation, as the site shows them."""

from __future__ import annotations

import shutil

import pytest
from fastapi.testclient import TestClient

from hf_space.api.app import create_api
from hf_space.bundle.config import EVALUATION_FOLDER
from hf_space.settings import Settings
from tests.bundle_factory import PLOT
from tests.stores import error_of

PATH = "/model/evaluation/roc"


def test_the_model_lists_its_plots_by_name(settings: Settings) -> None:
    folder = settings.model_dir / EVALUATION_FOLDER
    for name in ("scores.png", "confusion.png", "notes.txt"):
        (folder / name).write_bytes(PLOT)
    with TestClient(create_api(settings)) as client:
        names = client.get("/model/").json()["evaluation"]
        assert names == ["confusion", "roc", "scores"]
        for name in names:
            assert client.get(f"/model/evaluation/{name}").status_code == 200


def test_a_model_may_have_no_plots(settings: Settings) -> None:
    shutil.rmtree(settings.model_dir / EVALUATION_FOLDER)
    with TestClient(create_api(settings)) as client:
        assert client.get("/model/").json()["evaluation"] == []
        assert error_of(client.get(PATH)) == (404, "not_found")


def test_a_plot_is_a_png_that_browsers_keep_and_ask_about(client: TestClient) -> None:
    for path in (PATH, f"{PATH}/"):
        response = client.get(path)
        assert response.content == PLOT
        assert response.headers["content-type"] == "image/png"
        assert response.headers["cache-control"] == "public, max-age=3600"
    tag = response.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}'):
        again = client.get(PATH, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    for unknown in ('"other"', "", tag[1:-1]):
        assert client.get(PATH, headers={"If-None-Match": unknown}).content == PLOT


@pytest.mark.parametrize(
    "name",
    [
        *("unknown", "roc.png", "ROC", "roc/x", "roc%00", "..%2Finference.json"),
        *("%2e%2e%2finference.json", "%2Fetc%2Fpasswd", "%2e%2e", "%5c..%5cinference.json"),
    ],
)
def test_nothing_else_is_answered(client: TestClient, name: str) -> None:
    assert error_of(client.get(f"/model/evaluation/{name}")) == (404, "not_found")
