"""A real PostgreSQL and a real Redis, each started for the tests and gone after them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import Service

# Where Debian and Ubuntu keep the versions that are installed side by side.
_DEBIAN_POSTGRES = Path("/usr/lib/postgresql")
# Such an account comes with Debian's package.
_POSTGRES_ACCOUNT = "postgres"
_POSTGRES_SETTINGS = {"fsync": "off", "shared_buffers": "16MB"}


class Redis(Service):
    """A Redis that keeps what it acknowledged, also when it is killed, unless told otherwise."""

    def __init__(self, folder: Path, settings: dict[str, str]) -> None:
        """Keep its data in a folder."""
        super().__init__(folder)
        self._settings = settings

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def _command(self) -> list[str]:
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(self._folder),
            "save": "",
            "appendonly": "yes",
            # Written before each answer; only the machine's own crash could lose it.
            "appendfsync": "no",
            **self._settings,
        }
        options = [word for key, value in settings.items() for word in (f"--{key}", value)]
        return ["redis-server", *options]

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:  # noqa: ARG002 -- its own log
        return b"Ready to accept connections" in self.log.read_bytes()


class Postgres(Service):
    """A PostgreSQL whose only user, `biopsia`, needs no password."""

    # "Fast": open connections are cut, what was committed is kept.
    stop_signal = signal.SIGINT

    def __init__(self, folder: Path, binaries: Path, settings: dict[str, str]) -> None:
        """Lay out an empty cluster in a folder.

        Raises:
            RuntimeError: `initdb` failed; the message holds what it said.
        """
        super().__init__(folder)
        self._binaries = binaries
        self._settings = _POSTGRES_SETTINGS | settings
        self._data = folder / "data"
        if os.geteuid() == 0:
            # It refuses to run as root.
            self.account = _POSTGRES_ACCOUNT
            shutil.chown(folder, self.account, self.account)
        self._run(
            *("initdb", "--no-sync", "--no-instructions", "--auth=trust", "--username=biopsia"),
            *("--encoding=UTF8", "--locale=C", f"--pgdata={self._data}"),
        )

    @property
    def url(self) -> str:
        """The address of its first database."""
        return self._address("biopsia")

    def create_database(self, name: str) -> str:
        """Create an empty database, and return its address."""
        self._run("createdb", *self._connection(), name)
        return self._address(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, and cut the connections that are open to it."""
        self._run("dropdb", *self._connection(), "--force", name)

    def kill(self) -> None:
        """End it and its children at once, as a power cut would."""
        was_running = self.running
        super().kill()
        if was_running:
            self._free_shared_memory()

    def _address(self, database: str) -> str:
        return f"postgresql://biopsia@127.0.0.1:{self.port}/{database}"

    def _connection(self) -> tuple[str, ...]:
        where = ("--host=127.0.0.1", f"--port={self.port}", "--username=biopsia")
        return (*where, "--no-password", "--maintenance-db=postgres")

    def _command(self) -> list[str]:
        fixed = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            # In the folder, so that it is removed with it.
            "dynamic_shared_memory_type": "mmap",
        }
        options = [f"--{key}={value}" for key, value in (fixed | self._settings).items()]
        return [str(self._binaries / "postgres"), "-D", str(self._data), *options]

    def _is_ready(self, process: subprocess.Popen[bytes]) -> bool:
        # As pg_ctl does it: the first line is the process, the eighth its state.
        lines = self._pid_file()
        return lines[:1] == [str(process.pid)] and lines[7:8] == ["ready"]

    def _pid_file(self) -> list[str]:
        try:
            text = (self._data / "postmaster.pid").read_text("utf-8")
        except FileNotFoundError:
            return []
        return [line.strip() for line in text.splitlines()]

    def _free_shared_memory(self) -> None:
        # The segment by which a data folder shows that it is in use outlives a killed server;
        # its key and number are the seventh line.
        for line in self._pid_file()[6:7]:
            number = line.split()[-1]
            subprocess.run(["ipcrm", "-m", number], check=False, capture_output=True)  # noqa: S603, S607

    def _run(self, program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as output:
            process = self._spawn([str(self._binaries / program), *arguments], output)
            try:
                process.wait()
            finally:
                # Also after Ctrl-C: it takes a moment, and leaves nothing when it may finish.
                process.wait()
            output.seek(0)
            said = output.read().decode("utf-8", "replace")
        if process.returncode:
            raise RuntimeError(f"{program} failed:\n{said}")


@contextmanager
def running_redis(**settings: str) -> Iterator[Redis]:
    """Start an empty Redis; it and all that it wrote are gone at the end.

    Args:
        settings: Of its configuration, as `appendonly="no"`.

    Raises:
        RuntimeError: It did not come up; the message holds its log.
    """
    with tempfile.TemporaryDirectory(prefix="biopsia-redis-") as folder:
        redis = Redis(Path(folder), settings)
        try:
            redis.start_on_any_port()
            yield redis
        finally:
            redis.end()


@contextmanager
def running_postgres(**settings: str) -> Iterator[Postgres]:
    """Start a PostgreSQL with one empty database; it and all that it wrote are gone at the end.

    Args:
        settings: Of its configuration, as `shared_buffers="256MB"`.

    Raises:
        RuntimeError: It did not come up; the message holds its log.
    """
    binaries = _postgres_binaries()
    if binaries is None:
        raise RuntimeError(postgres_missing())
    with tempfile.TemporaryDirectory(prefix="biopsia-postgres-") as folder:
        postgres = Postgres(Path(folder), binaries, settings)
        try:
            postgres.start_on_any_port()
            postgres.create_database("biopsia")
            yield postgres
        finally:
            postgres.end()


def redis_missing() -> str | None:
    """Return why no Redis can be started here, or None."""
    if shutil.which("redis-server"):
        return None
    return "NO REDIS TESTS: redis-server missing; apt install redis-server"


def postgres_missing() -> str | None:
    """Return why no PostgreSQL can be started here, or None."""
    if _postgres_binaries():
        return None
    return "NO POSTGRESQL TESTS: initdb missing; apt install postgresql"


def require(missing: str | None) -> None:
    """Skip a test that lacks something, and fail it where CI is set."""
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)


def _postgres_binaries() -> Path | None:
    on_path = shutil.which("initdb")
    if on_path:
        # Where links lead, its sister programs are too.
        return Path(on_path).resolve().parent
    versions = [path.parent for path in _DEBIAN_POSTGRES.glob("*/bin/initdb")]
    return max(versions, key=lambda folder: float(folder.parent.name), default=None)
