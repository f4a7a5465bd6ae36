"""Objects of a store: read, written and listed, with retries."""

from __future__ import annotations

import errno
import logging
from dataclasses import dataclass
from importlib import import_module
from threading import Event
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from hf_space.messages.catalogue import text
from hf_space.slides.addresses import shown_address
from hf_space.slides.errors import MissingPackageError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Result = TypeVar("Result")

logger = logging.getLogger(__name__)

TRIES: Final = 4
"""Number of tries of a request that a store refuses temporarily."""

# Before the second try; each later one waits twice as long.
_FIRST_WAIT_SECONDS: Final = 0.5
_CLIENTS: Final = {"s3": "s3fs", "https": "aiohttp", "http": "aiohttp"}
# Statuses that another try does not change.
_STATUSES: Final = {
    **{401: errno.EACCES, 403: errno.EACCES, 404: errno.ENOENT, 405: errno.EACCES},
    **{410: errno.ENOENT, 507: errno.ENOSPC},
}
_FINAL: Final = frozenset({errno.EACCES, errno.ENOENT, errno.ENOSPC})
_METHOD: Final = {"method": "put"}


@dataclass(frozen=True, slots=True)
class ObjectFacts:
    """A store's facts about an object.

    Attributes:
        size: In bytes.
        version: Another one whenever the content changes, as far as the store tells.
        in_parts: Whether parts of it can be asked for.
    """

    size: int
    version: str
    in_parts: bool


class StoredObject:
    """An object at an address."""

    def __init__(self, address: str) -> None:
        """Name the object; nothing is asked of the store yet.

        Raises:
            MissingPackageError: The client of such stores is not installed.
        """
        self.address = address
        self._system, self._path = _file_system(address)

    def facts(self) -> ObjectFacts:
        """Ask what there is; raises StoreError."""
        info = self._tried(lambda: self._system.info(self._path))
        if info.get("size") is None or info.get("type") == "directory":
            raise StoreError(errno.ENOENT, text("slide.no_object", "en"), self.shown)
        version = next((str(info[key]) for key in ("ETag", "LastModified") if info.get(key)), "")
        version = version or str(info.get("Last-Modified", ""))
        return ObjectFacts(int(info["size"]), version, bool(info.get("partial", True)))

    @property
    def shown(self) -> str:
        """The address without what may be secret."""
        return shown_address(self.address)

    def part(self, start: int, stop: int) -> bytes:
        """Return some bytes; raises StoreError."""
        content: bytes = self._tried(
            lambda: self._system.cat_file(self._path, start=start, end=stop)
        )
        # A server that knows no parts sends all of it.
        if len(content) > stop - start:
            raise StoreError(errno.EIO, text("slide.no_parts", "en"), self.shown)
        return content

    def content(self) -> bytes:
        """Return all bytes; raises StoreError."""
        content: bytes = self._tried(lambda: self._system.cat_file(self._path))
        return content

    def fetch(self, path: Path) -> None:
        """Write all of it to a file on disk; raises StoreError."""
        self._tried(lambda: self._system.get_file(self._path, str(path)))

    def put(self, content: bytes) -> None:
        """Replace the object by some bytes: as a whole or not at all; raises StoreError."""
        self._tried(lambda: self._system.pipe_file(self._path, content))

    def put_file(self, path: Path) -> None:
        """Replace the object by a file on disk: as a whole or not at all; raises StoreError."""
        options = {} if self._is_s3 else _METHOD
        self._tried(lambda: self._system.put_file(str(path), self._path, **options))

    def remove(self) -> None:
        """Delete the object, if there is one; raises StoreError."""
        try:
            self._tried(self._delete)
        except StoreError as error:
            if error.errno != errno.ENOENT:
                raise

    def exists(self) -> bool:
        """Tell whether there is such an object; raises StoreError."""
        try:
            self.facts()
        except StoreError as error:
            if error.errno != errno.ENOENT:
                raise
            return False
        return True

    def names_below(self) -> list[str] | None:
        """Name the objects right below this address; None where the store cannot tell."""
        if not self._is_s3:
            return None
        try:
            found = self._tried(lambda: self._system.ls(self._path, detail=True, refresh=True))
        except StoreError as error:
            if error.errno != errno.ENOENT:
                raise
            return []
        return [each["name"].rsplit("/", 1)[-1] for each in found if each["type"] == "file"]

    @property
    def _is_s3(self) -> bool:
        return _scheme(self.address) == "s3"

    def _delete(self) -> None:
        if self._is_s3:
            self._system.rm_file(self._path)
            return
        # fsspec's client of web servers cannot delete.
        synchronous = import_module("fsspec.asyn").sync

        async def delete() -> None:
            session = await self._system.set_session()
            async with session.delete(self._path) as response:
                response.raise_for_status()

        synchronous(self._system.loop, delete)

    def _tried(self, action: Callable[[], Result]) -> Result:
        """Do something that a store may refuse for a while; raises StoreError."""
        wait = _FIRST_WAIT_SECONDS
        for number in range(1, TRIES + 1):
            try:
                return action()
            except Exception as error:  # clients of stores raise errors of many libraries
                refused = _store_error(error, self.shown)
                if number == TRIES or refused.errno in _FINAL:
                    raise refused from error
                logger.info("try %d: %s", number, refused)
                Event().wait(wait)
                wait *= 2
        raise AssertionError


def joined(address: str, *names: str) -> str:
    """Return the address of something below another one."""
    return "/".join([address.rstrip("/"), *names])


def _file_system(address: str) -> tuple[Any, str]:
    client = _CLIENTS[_scheme(address)]
    try:
        core = import_module("fsspec.core")
        import_module(client)
    except ImportError as error:
        message = text("slide.needs_remote", "en", package=client)
        raise MissingPackageError(message) from error
    options = {"use_listings_cache": False} if client == "s3fs" else {}
    system, path = core.url_to_fs(address, **options)
    return system, path


def _scheme(address: str) -> str:
    return urlsplit(address).scheme.lower()


def _store_error(error: Exception, shown: str) -> StoreError:
    """Return an error of any client with a number of the system's and without secrets."""
    if isinstance(error, StoreError):
        return error
    status = getattr(error, "status", None)
    if isinstance(status, int):
        return StoreError(_STATUSES.get(status, errno.EIO), f"HTTP {status}", shown)
    if isinstance(error, FileNotFoundError):
        return StoreError(errno.ENOENT, text("slide.no_object", "en"), shown)
    if isinstance(error, PermissionError):
        return StoreError(errno.EACCES, text("slide.no_access", "en"), shown)
    # Messages of clients hold addresses with their signatures.
    return StoreError(errno.EIO, type(error).__name__, shown)
