"""The files that the demo's inputs offer, and how other files are handled."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hf_space.imaging.readers import suffixes
from hf_space.messages.catalogue import text
from tests.e2e.browser import Browser, chromium
from tests.e2e.test_demo_browser import PATCH, copy_of, open_page
from tests.server import RunningServer

SLIDE = Path(__file__).parents[1] / "data/svs_with_thumbnail.svs"
HEIC = "\\0\\0\\0\\x18ftypheic\\0\\0\\0\\0mif1heic"
# Gradio writes each chosen file's type itself; a dropped one has what the system knows of it.
_DROP = f"""
const files = new DataTransfer();
files.items.add(new File(["{HEIC}"], "photo.heic"));
const input = document.querySelectorAll("input[type=file]")[arguments[0]];
input.parentElement.dispatchEvent(
  new DragEvent("drop", {{ bubbles: true, cancelable: true, dataTransfer: files }})
);
"""
_OFFERED = """
const input = document.querySelectorAll("input[type=file]")[arguments[0]];
input.addEventListener("click", (event) => event.preventDefault());
input.click();
return input.accept;
"""


def offered(browser: Browser, place: int) -> set[str]:
    return set(str(browser.driver.execute_script(_OFFERED, place)).split(","))


def place_of_many(browser: Browser) -> int:
    inputs = browser.driver.find_elements("css selector", "input[type=file]")
    return next(place for place, each in enumerate(inputs) if each.get_attribute("multiple"))


def test_each_input_offers_what_the_service_reads(server: RunningServer, tmp_path: Path) -> None:
    with chromium(tmp_path) as browser:
        open_page(browser, server)
        assert offered(browser, 0) == suffixes()
        browser.open_tab(text("tab.batch", "en"))
        browser.wait_for("button", text("run.batch", "en"))
        assert offered(browser, place_of_many(browser)) == {*suffixes(), ".zip"}


@pytest.mark.parametrize("name", ["PATCH.PNG", "SLIDE.SVS", "slide.btf"])
def test_suffixes_in_any_case_and_those_browsers_do_not_know_are_taken(
    server: RunningServer, tmp_path: Path, name: str
) -> None:
    source = copy_of(PATCH, tmp_path) if name.endswith("PNG") else SLIDE
    path = Path(shutil.copy(source, tmp_path / name))
    with chromium(tmp_path / "profile") as browser:
        open_page(browser, server)
        browser.upload(path)
        browser.wait_for(".bp-scale-summary", " px")


def test_what_is_not_read_and_dropped_all_the_same_is_named(
    server: RunningServer, tmp_path: Path
) -> None:
    with chromium(tmp_path, language="es-ES") as browser:
        open_page(browser, server, "es")
        browser.driver.execute_script(_DROP, 0)
        browser.wait_for(".bp-scale-question", "HEIC no se admite; guárdelo como JPEG o PNG.")
        browser.open_tab(text("tab.batch", "es"))
        browser.wait_for("button", text("run.batch", "es"))
        browser.driver.execute_script(_DROP, place_of_many(browser))
        browser.wait_for("tr.file", "photo")
        browser.press(text("run.batch", "es"))
        browser.wait_for(".bp-files", "HEIC no se admite; guárdelo como JPEG o PNG.")
