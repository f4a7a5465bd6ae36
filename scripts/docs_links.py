"""MkDocs hook: the README is a page of the site, and links work there as on GitHub.

Pages link to one another, to the README and to other files of the repository by relative paths,
as GitHub shows them. What is not part of the site leads to the repository.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

_QUICK_START: Final = "quick-start.md"
_LINK: Final = re.compile(r"(?<=\]\()(?!\w+:|#)([^)#\s]+)")
# MkDocs leaves HTML alone: a page is a folder deeper than its file.
_IMAGE: Final = re.compile(r'(?<=src=")docs/')


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add the README as the page with the quick starts.

    Args:
        files: What `docs/` holds.
        config: Says where the repository lies.
    """
    text = Path(config.config_file_path).with_name("README.md").read_text("utf-8")
    files.append(File.generated(config, _QUICK_START, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Return a page's text with links that the site can follow.

    Args:
        markdown: Text of the page.
        page: The page; its path counts from `docs/`.
        config: Names the repository, as `repo_url`.
    """
    name = page.file.src_uri
    in_site = posixpath.dirname(posixpath.join("docs", name))
    in_repository = "" if name == _QUICK_START else in_site

    def followed(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(in_repository, match[1]))
        if path == "README.md":
            path = f"docs/{_QUICK_START}"
        if path.startswith("docs/") and posixpath.splitext(path)[1]:
            return posixpath.relpath(path, in_site)
        return f"{(config.repo_url or '').rstrip('/')}/blob/main/{path}"

    return _IMAGE.sub("../", _LINK.sub(followed, markdown))
