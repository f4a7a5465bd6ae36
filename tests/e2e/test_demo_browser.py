"""The demo as a visitor sees it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image
from selenium.webdriver.common.by import By

from hf_space.exports.formats import FORMATS
from hf_space.messages.catalogue import text
from hf_space.messages.language import Language
from hf_space.schemas.prediction import PredictionResult
from tests.e2e.browser import Browser, chromium
from tests.server import RunningServer

EXAMPLES = Path(__file__).parents[2] / "hf_space/examples"
PATCH = EXAMPLES / "drawn_crowded.png"


def copy_of(path: Path, folder: Path) -> Path:
    """Return an image that looks like an example and is another file, whose scale is unknown."""
    with Image.open(path) as image:
        copy = folder / f"copy_of_{path.name}"
        image.save(copy, compress_level=0)
    return copy


def open_page(browser: Browser, server: RunningServer, language: Language = "en") -> None:
    browser.driver.get(server.url)
    # The last to be filled when the page opens.
    browser.wait_for(".bp-held-out", text("options.threshold", language).lower())


def choose_scale(browser: Browser, label: str) -> None:
    """Choose one of the scales."""
    browser.wait_for(".bp-scale-choice label", label).click()


def upload_region(browser: Browser, path: Path) -> None:
    """Choose an image that states no scale, and give it the data set's."""
    browser.upload(path, place=1)
    # Names of files are not kept.
    browser.wait_for('.bp-picture img[src*="/upload."]')
    browser.wait_for(".bp-asked")
    choose_scale(browser, text("scale.data_set", "en", microns="4"))
    browser.wait_for(".bp-scale-field")


def type_scale(browser: Browser, microns: str) -> None:
    """State the µm per pixel."""
    choose_scale(browser, text("scale.typed", "en"))
    browser.wait_for(".bp-microns input, .bp-microns textarea").send_keys(microns)


def read_patch(
    browser: Browser, language: Language = "en", microns: str = "", path: Path = PATCH
) -> str:
    """Upload a patch, have it read, and return the words of the verdict's card."""
    browser.upload(path)
    browser.wait_for('.bp-picture img[src*="/file="]')
    browser.wait_for(".bp-scale-summary", "50 × 50 px")
    if microns:
        type_scale(browser, microns)
        browser.wait_for(".bp-scale-field", "0.225 × 0.225 mm")
    browser.press(text("run.image", language))
    return browser.wait_for(".bp-card").text


def test_a_patch_is_read_and_nobody_else_is_asked(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        assert "not a diagnosis" in browser.wait_for(".bp-notice").text
        card = read_patch(browser, path=copy_of(PATCH, tmp_path))
        verdicts = [text(f"verdict.{v}", "en") for v in ("malignant", "benign", "uncertain")]
        assert any(words in card for words in verdicts)
        assert text("warning.scale_assumed", "en") in card
        browser.wait_for('.bp-result img[src*="evidence"]')
        browser.wait_for_count(".bp-grid td", 16)
        browser.press(text("tab.model", "en"))
        browser.wait_for(".bp-figures", "tiny")
        assert browser.asked_hosts() == {urlsplit(server.url).netloc}


def test_own_threshold_and_scale_are_applied(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        browser.wait_for("label", text("operating_point.own", "en")).click()
        field = browser.wait_for(".bp-own input, .bp-own textarea")
        field.clear()
        field.send_keys("0,3")
        unmeasured = text("options.unmeasured", "en", threshold="").partition(":")[2]
        browser.wait_for(".bp-held-out", unmeasured.strip())
        browser.wait_for(".bp-held-out", "0.300")
        card = read_patch(browser, microns="4,5")
        assert (
            text("result.rule", "en", threshold="0.300", point=text("operating_point.own", "en"))
            in card
        )
        assert "4.5 µm/px" in card
        assert text("warning.scale_assumed", "en") not in card


def test_what_is_no_threshold_is_refused(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        browser.wait_for("label", text("operating_point.own", "en")).click()
        field = browser.wait_for(".bp-own input, .bp-own textarea")
        field.clear()
        field.send_keys("abc")
        browser.wait_for(".bp-bad", text("option.threshold", "en"))
        browser.upload(PATCH)
        browser.wait_for('.bp-picture img[src*="/file="]')
        browser.press(text("run.image", "en"))
        browser.wait_for(".toast-body", text("option.threshold", "en"))
        assert not browser.visible(".bp-card")


def test_a_region_is_read_from_an_example_and_offered(
    server: RunningServer, tmp_path: Path
) -> None:
    downloads = tmp_path / "downloads"
    downloads.mkdir()
    with chromium(tmp_path / "profile") as browser:
        open_page(browser, server)
        browser.press(text("tab.region", "en"))
        browser.wait_for(".gallery-item").click()
        browser.wait_for('.bp-picture img[src*="drawn_region"]')
        browser.press(text("run.region", "en"))
        browser.wait_for(".bp-table", text("region.tiles_title", "en"))
        browser.wait_for('.bp-result img[src*="heatmap"]')
        assert "mm²" in browser.wait_for(".bp-figures").text
        browser.download_to(downloads)
        for label in (*(each.label for each in FORMATS.values()), text("download.heatmap", "en")):
            browser.press(label)
        content = browser.wait_for_file(downloads / "*.json")
        result = PredictionResult.model_validate_json(content)
        assert result.region is not None
        for each in FORMATS.values():
            exported = browser.wait_for_file(downloads / each.file_name(result))
            assert exported == b"".join(each.chunks(result))
        assert browser.wait_for_file(downloads / "biopsia_heatmap.jpg").startswith(b"\xff\xd8")


def test_a_batch_names_its_bad_file(server: RunningServer, tmp_path: Path) -> None:
    bad = tmp_path / "notes.txt"
    bad.write_text("no image")
    with chromium(tmp_path / "profile") as browser:
        open_page(browser, server)
        browser.press(text("tab.batch", "en"))
        browser.wait_for("button", text("run.batch", "en"))
        multiple = browser.driver.find_elements(By.CSS_SELECTOR, "input[type=file][multiple]")
        multiple[0].send_keys(f"{PATCH}\n{bad}")
        browser.wait_for("tr.file", "notes")
        browser.press(text("run.batch", "en"))
        rows = browser.wait_for(".bp-files", "notes.txt").text
        assert PATCH.name in rows
        assert text("page.error", "en") in rows


def test_a_phone_shows_all_without_scrolling_sideways(
    server: RunningServer, tmp_path: Path
) -> None:
    with chromium(tmp_path, width=390) as browser:
        open_page(browser, server)
        assert browser.overflow() <= 0
        read_patch(browser)
        assert browser.overflow() <= 0
        for key in ("region", "batch", "history", "model"):
            browser.press(text(f"tab.{key}", "en"))
            assert browser.overflow() <= 0


def test_a_spanish_visitor_reads_spanish(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path, language="es-ES") as browser:
        open_page(browser, server, "es")
        assert "no es un diagnóstico" in browser.wait_for(".bp-notice").text
        card = read_patch(browser, "es", path=copy_of(PATCH, tmp_path))
        assert text("warning.scale_assumed", "es") in card
        assert re.search(r"^0,\d{3} ", card, re.MULTILINE)
        browser.press(text("tab.region", "es"))
        browser.press(text("run.region", "es"))
        # Nothing was uploaded here: the error too is in Spanish, with its code.
        words = browser.wait_for(".toast-body", "missing_image").text
        assert text("error.missing_image", "es") in words
