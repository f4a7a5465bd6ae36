"""The local Hub for tests.

`hub` is a fresh, empty Hub of each test, and lets this process's huggingface_hub reach it:

    def test_publishing(hub: Hub, tmp_path: Path) -> None:
        api = hub.api()  # the owner's write token; hub.api(hub.tokens.read), hub.api(None)
        api.create_repo("owner/model")
        ...
        assert hub.repository("owner/model").content("README.md") == b"..."

Commands run in processes of their own with `os.environ | hub.environment(tmp_path)`, or
`running_server(**hub.environment(tmp_path))`. Users are `owner` and `stranger`.

What a test finds on it:

- `hub.repository(name, kind)`: `.commits`, `.tags`, `.private`, `.content(path, revision)`, and for
  a Space `.space`: `.variables`, `.secrets`, `.life` (its stages), `.host`, `.logs`, `.restarts`;
- `hub.requests`: method, path, token, bytes and status of all requests;
- `hub.down()` and `hub.up()` on the same port;
- `hub.faults`: `fail`, `reject`, `drop_uploads`, `cut_downloads`, `corrupt`, `shorten`; all are
  over after `hub.mend()`.

Wherever the client tries again it first waits 1 s, then 2, 4, 8, 8: let few tests make it.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from huggingface_hub import close_session, constants

from tests.hub.server import Hub, running_hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    """A local Hub that this process's client may reach, with a cache of the test's own."""
    # huggingface_hub uploads files without Xet in a way that httpx2 warns about.
    warnings.filterwarnings("ignore", "Use 'content=", DeprecationWarning)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub-cache"))
    with running_hub() as server:
        # Some of the client's functions take no endpoint, and some only this one.
        monkeypatch.setattr(constants, "ENDPOINT", server.endpoint)
        template = server.endpoint + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        yield server
        # Its connections would otherwise be left for the garbage collector to warn about.
        close_session()
