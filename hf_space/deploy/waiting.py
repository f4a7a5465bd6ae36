"""Waits until a Space runs and responds."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx2
from huggingface_hub import HfApi, SpaceRuntime, get_token
from huggingface_hub.errors import HfHubHTTPError
from pydantic import ValidationError

from hf_space.deploy.folder import SpaceError
from hf_space.deploy.hub import explained
from hf_space.schemas.health import HealthReport
from hf_space.schemas.model import ModelState

_FAILED: Final = {"BUILD_ERROR", "CONFIG_ERROR", "RUNTIME_ERROR", "NO_APP_FILE", "DELETING"}
_AT_REST: Final = {"PAUSED", "SLEEPING", "STOPPED"}
_POLL_SECONDS: Final = 2
_RESPONSE_SECONDS: Final = 10
# For this long after an upload, the Hub may still report the state before it.
_STALE_SECONDS: Final = 20
_LOG_LINES: Final = 15


@dataclass(frozen=True, slots=True)
class ReadySpace:
    """A Space that runs the expected model.

    Attributes:
        address: Of the service itself, without a final slash.
        model: The model in `/health/`.
    """

    address: str
    model: ModelState


def wait_until_ready(
    api: HfApi,
    space: str,
    commit: str,
    is_expected: Callable[[ModelState], bool],
    *,
    timeout: float,
    tell: Callable[[str], None],
) -> ReadySpace:
    """Wait until a Space runs and its service has the model that it should have.

    Args:
        api: The Hub's client.
        space: `owner/name`; it is woken if it sleeps.
        commit: Of its files, 40 hexadecimal digits.
        is_expected: Returns whether the model of a service is the expected one.
        timeout: Seconds; the Space is checked at least once.
        tell: Called with each stage that the Space reaches.

    Raises:
        HubError: The Hub refuses.
        SpaceError: The Space has failed, or does not respond in time.
    """
    model = None
    with explained(space):
        address, token = _address_and_token(api, space)
        watch = _Watch(api, space, commit, tell)
        while True:
            if watch.is_running():
                model = _asked(address, token)
                if model and is_expected(model):
                    return ReadySpace(address, model)
            if watch.seconds() + _POLL_SECONDS > timeout:
                break
            time.sleep(_POLL_SECONDS)
    found = f"still with commit {watch.other}" if watch.other else _found(model)
    raise SpaceError(
        f"{space} is not ready after {timeout:g} s: {watch.stage or 'in an unknown state'}, "
        f"{found}; see its logs on the Hub, or wait longer with --timeout"
    )


class _Watch:
    """Follows a Space from stage to stage.

    Attributes:
        stage: The last one, as the Hub calls it; empty before the first.
        other: Another commit that the Hub reports the stage of; empty if there is none.
    """

    def __init__(self, api: HfApi, space: str, commit: str, tell: Callable[[str], None]) -> None:
        self.stage = ""
        self.other = ""
        self._api = api
        self._space = space
        self._commit = commit
        self._tell = tell
        self._moved = False
        self._started = time.monotonic()

    def seconds(self) -> float:
        """Return how long it has been watched."""
        return time.monotonic() - self._started

    def is_running(self) -> bool:
        """Check whether it runs, and wake it if it sleeps; raises SpaceError if it has failed."""
        runtime = _runtime(self._api, self._space)
        if runtime is None:
            return False
        if runtime.stage != self.stage:
            self._moved, self.stage = bool(self.stage), runtime.stage
            self._tell(f"{self._space}: {self.stage}")
            if self.stage in _AT_REST:
                self._api.restart_space(self._space)
        named = runtime.raw.get("sha") or ""
        self.other = named if named != self._commit else ""
        is_new = named == self._commit or self._moved or self.seconds() >= _STALE_SECONDS
        if is_new and self.stage in _FAILED:
            raise SpaceError(_failure(self._api, self._space, runtime))
        # The previous code keeps running while the new one is built.
        return is_new and self.stage == "RUNNING" and not self.other


def _address_and_token(api: HfApi, space: str) -> tuple[str, str | None]:
    """Return a Space's own address, and the token for access, if it needs one."""
    info = api.space_info(space)
    if not info.host:
        raise SpaceError(f"the Hub does not tell the address of {space}: try again")
    return info.host, get_token() if info.private else None


def _runtime(api: HfApi, space: str) -> SpaceRuntime | None:
    """Return a Space's state; None while the Hub has a temporary fault."""
    try:
        return api.get_space_runtime(space)
    except httpx2.TransportError:
        return None
    except HfHubHTTPError as error:
        if error.response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return None
        raise


def _failure(api: HfApi, space: str, runtime: SpaceRuntime) -> str:
    said = runtime.raw.get("errorMessage") or "the Hub does not say why"
    log = _log(api, space, build=runtime.stage == "BUILD_ERROR")
    return "\n".join(
        [f"{space} failed, {runtime.stage}: {said}", *map(str.rstrip, log[-_LOG_LINES:])]
    )


def _log(api: HfApi, space: str, *, build: bool) -> list[str]:
    """Return the lines of a Space's log; none if the Hub does not provide it."""
    try:
        return [*api.fetch_space_logs(space, build=build)]
    except (HfHubHTTPError, httpx2.TransportError):
        return []


def _found(model: ModelState | None) -> str:
    if model is None:
        return "its service does not answer"
    if model.state != "ready":
        return "its service has no model"
    origin = f"{model.repo} at {model.commit}" if model.repo else "bundled"
    return f"its service has another model, {model.name} {model.revision} ({origin})"


def _asked(address: str, token: str | None) -> ModelState | None:
    """Return the service's description of its model; None while it does not respond."""
    # The Hub's proxy removes this header; it would forward `Authorization` to the service.
    headers = {"X-HF-Authorization": f"Bearer {token}"} if token else {}
    try:
        response = httpx2.get(f"{address}/health/", headers=headers, timeout=_RESPONSE_SECONDS)
        return HealthReport.model_validate_json(response.content).model
    except (httpx2.TransportError, ValidationError):
        return None
