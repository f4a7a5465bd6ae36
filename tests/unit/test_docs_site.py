"""The documentation site: it builds strictly, and its links work there as on GitHub."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.server import ROOT

REPOSITORY = "https://github.com/someone/biopsia"
LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src"}
IN_SITE = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
PAGES = sorted({*ROOT.glob("*.md"), *IN_SITE})


class Addresses(HTMLParser):
    """Collects what a page loads, and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: set[str] = set()
        self.linked: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a":
            self.linked.add(values.get("href", ""))
        elif tag in LOADED and values.get("rel") != "canonical":
            self.loaded.add(values.get(LOADED[tag], ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it; a broken link or anchor fails this."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    environment = {"DOCS_REPOSITORY_URL": REPOSITORY, "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(  # noqa: S603 -- our own pages
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return folder


def addresses(page: Path) -> Addresses:
    found = Addresses()
    found.feed(page.read_text("utf-8"))
    return found


def prose(page: Path) -> str:
    return re.sub(r"^ *```.*?^ *```", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    text = prose(page)
    titles = re.findall(r"^#{1,6} (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs") for page in PAGES if (ROOT / "docs") in page.parents}
    built = {page.parent.relative_to(site) for page in site.rglob("index.html")}
    assert {page.with_suffix("") for page in pages} - {Path("index")} <= built


def test_no_page_loads_anything_from_another_host(site: Path) -> None:
    loaded = {each for page in site.rglob("*.html") for each in addresses(page).loaded}
    assert loaded
    assert not [each for each in loaded if re.match(r"(https?:)?//", each)]


def test_links_out_of_the_pages_lead_to_the_repository(site: Path) -> None:
    linked = addresses(site / "index.html").linked
    assert f"{REPOSITORY}/blob/main/hf_space/model/README.md" in linked
    assert f"{REPOSITORY}/blob/main/docs/decisions" in linked
    assert f"{REPOSITORY}/blob/main/tests/hub" in addresses(site / "deploy" / "index.html").linked


def test_the_readme_is_a_page_whose_links_and_pictures_are_there(site: Path) -> None:
    assert "quick-start/" in addresses(site / "index.html").linked
    page = addresses(site / "quick-start" / "index.html")
    assert {"../deploy/", f"{REPOSITORY}/blob/main/CONTRIBUTING.md"} <= page.linked
    pictures = {each for each in page.loaded if each.endswith(".png") and "images/site" in each}
    assert len(pictures) == 2
    assert all((site / "quick-start" / each).resolve().is_file() for each in pictures)


def test_the_reference_is_made_from_docstrings(site: Path) -> None:
    text = (site / "reference" / "index.html").read_text("utf-8")
    for name in ("hf_space.load", "Model.predict", "Model.predict_many", "Model.predict_slide"):
        assert f'id="{name}"' in text or f'.{name}"' in text
    assert "Folder of a model bundle, or repository on the Hugging Face Hub" in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_anchors_exist_on_github(page: Path) -> None:
    text = prose(page)
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#\s]*)#([^)\s]+)\)", text):
        other = (page.parent / target).resolve() if target else page
        assert anchor in anchors(other), f"{target}#{anchor}"


@pytest.mark.parametrize("page", IN_SITE, ids=lambda page: str(page.relative_to(ROOT)))
def test_lists_and_tables_are_such_in_the_site_too(page: Path) -> None:
    text = re.sub(r"<!-- (\w+) -->.*?<!-- /\1 -->", "", prose(page), flags=re.DOTALL)
    # Python's Markdown wants four spaces in front of a list item's second block.
    assert re.findall(r"\n\n {1,3}\S.*", page.read_text("utf-8")) == []
    # It wants an empty line before a list or a table.
    assert re.findall(r"^(?!- |\d+\. |\||\s).+\n(?:- |\d+\. |\|).*", text, re.MULTILINE) == []
