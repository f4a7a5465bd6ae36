"""An image of unknown scale is not sent before its scale is stated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
import pytest
from PIL import Image

from hf_space.messages.catalogue import text
from hf_space.schemas.prediction import PredictionResult
from tests.e2e.browser import chromium
from tests.e2e.test_demo_browser import choose_scale, open_page, type_scale
from tests.server import RunningServer, running_server

DRAWN = Path(__file__).parents[2] / "hf_space/examples/drawn_region.png"


@pytest.fixture(scope="module")
def shipped(server: RunningServer) -> Iterator[RunningServer]:
    """The service with the shipped model; skips where there is no browser."""
    del server
    with running_server() as started:
        yield started


@pytest.fixture
def at_20x(tmp_path: Path) -> Path:
    """Drawn carcinoma at 0.5 µm/px, whose file does not say so."""
    with Image.open(DRAWN) as image:
        pixels = np.asarray(image.convert("RGB"))
    large = pixels.repeat(8, axis=0).repeat(8, axis=1)
    path = tmp_path / "at_20x.png"
    Image.fromarray(large).save(path)
    return path


def test_carcinoma_at_20x_says_what_it_says_at_4_microns(
    shipped: RunningServer, at_20x: Path, tmp_path: Path
) -> None:
    answer = httpx2.post(
        f"{shipped.url}/predict/",
        files={"file": DRAWN.read_bytes()},
        data={"microns_per_pixel": "4"},
        timeout=60,
    )
    original = PredictionResult.model_validate(answer.json())
    assert original.verdict == "malignant"
    with chromium(tmp_path / "profile") as browser:
        open_page(browser, shipped)
        browser.upload(at_20x)
        browser.wait_for(".bp-asked", text("scale.no_scale", "en"))
        browser.wait_for("button:disabled", text("run.image", "en"))
        type_scale(browser, "0.5")
        browser.wait_for(".bp-scale-field", "2.4 × 1.6 mm")
        browser.wait_until_gone(".bp-asking")
        browser.wait_for("button:enabled", text("run.image", "en")).click()
        card = browser.wait_for(".bp-card", text("verdict.malignant", "en")).text
        shown = next(line for line in card.splitlines() if line.startswith("0."))
        assert float(shown.split()[0]) == pytest.approx(original.probability, abs=0.001)
        # The question comes again for another image of unknown scale.
        browser.wait_for('.bp-picture button[aria-label="Remove Image"]').click()
        browser.wait_until_gone(".bp-scale-field p")
        browser.upload(at_20x)
        browser.wait_for("button:disabled", text("run.image", "en"))
        assert not browser.visible(".bp-microns")


def test_an_unlikely_field_is_confirmed_and_judged_by_the_service(
    server: RunningServer, at_20x: Path, tmp_path: Path
) -> None:
    with chromium(tmp_path / "profile") as browser:
        open_page(browser, server)
        browser.upload(at_20x)
        browser.wait_for(".bp-asked")
        type_scale(browser, "0.04")
        browser.wait_for(".bp-questioned", "less than 0.15 mm")
        browser.wait_for("button:disabled", text("run.image", "en"))
        browser.wait_for(".bp-scale-sure input").click()
        browser.wait_for("button:enabled", text("run.image", "en")).click()
        card = browser.wait_for(".bp-card", text("verdict.not_assessable", "en")).text
        reason = card.index(text("warning.field_too_small", "en"))
        assert reason < card.index(text("result.computed", "en", microns="0.04"))


def test_one_scale_serves_a_batch(server: RunningServer, at_20x: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.png"
    Image.open(at_20x).crop((0, 0, 1600, 1600)).save(other)
    with chromium(tmp_path / "profile", width=390) as browser:
        open_page(browser, server)
        browser.press(text("tab.batch", "en"))
        browser.wait_for("button", text("run.batch", "en"))
        [files] = browser.driver.find_elements("css selector", "input[type=file][multiple]")
        files.send_keys(f"{at_20x}\n{other}")
        browser.wait_for(".bp-asked", text("scale.asked", "en", count=2))
        browser.wait_for("button:disabled", text("run.batch", "en"))
        choose_scale(browser, "20x")
        browser.wait_for(".bp-scale-field", "2.4 × 1.6 mm")
        browser.wait_for("button:enabled", text("run.batch", "en")).click()
        table = browser.wait_for(".bp-files", "other.png").text
        assert text("verdict.not_assessable", "en") not in table
        assert browser.overflow() <= 0
