"""MkDocs hook: links that the documentation site cannot follow lead to the repository on GitHub.

Pages link to files outside `docs/` and to folders by relative paths, which work on GitHub only.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

_RELATIVE = re.compile(r"(?<=\]\()(?=\.\./)([^)#\s]+)")


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Return a page's text with such links made absolute.

    Args:
        markdown: Text of the page.
        page: The page; its path counts from `docs/`.
        config: Names the repository, as `repo_url`.
    """
    folder = posixpath.join("docs", posixpath.dirname(page.file.src_uri))

    def absolute(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[1]))
        if path.startswith("docs/") and posixpath.splitext(path)[1]:
            return match[1]
        return f"{(config.repo_url or '').rstrip('/')}/blob/main/{path}"

    return _RELATIVE.sub(absolute, markdown)
