"""A stand-in for the slim Python image: a root folder with this machine's Python, and little else.

It is entered with `chroot`, so that every path is the one it has in a container, and whatever the
image would lack is lacking here too. It differs from the real one in its versions, in having
nothing in `/proc` but what OpenVINO reads, and in the wheels on its disk, which stand for the
package index.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

PATH: Final = "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
"""The image's search path."""

# What the Dockerfile's commands call, and what enters the root.
_PROGRAMS = ("sh", "env", "install")
# The libraries of C and C++, which every Debian has; those that Python itself uses are looked up.
_LIBRARIES = ("libdl.so.2", "libpthread.so.0", "librt.so.1", "libstdc++.so.6", "libutil.so.1")
_WHEELS = Path("/wheels")


def chroot_missing() -> str | None:
    """Return why no root folder can be entered here, or None."""
    remedy = "be root on Linux, or apt install uidmap"
    try:
        subprocess.run([*as_root(), "chroot", "/", "true"], check=True, capture_output=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return f"NO DOCKERFILE TESTS: this account can neither chroot nor map accounts; {remedy}"
    return None


def as_root() -> list[str]:
    """Return what to put before a command that needs root's rights over its own files."""
    # A namespace in which this account is root, and those that /etc/subuid lends it are the others.
    return [] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--map-auto", "--"]


def write_slim_root(root: Path, wheels: Path) -> None:
    """Lay out a root folder.

    Args:
        root: An empty folder.
        wheels: On the same disk; what `pip` finds in place of the package index.
    """
    for folder in ("etc", "dev/shm", "proc", "tmp", "root", "usr/local/bin"):
        (root / folder).mkdir(parents=True)
    for shared in ("dev/shm", "tmp"):
        (root / shared).chmod(0o1777)
    null = root / "dev" / "null"
    null.touch()
    null.chmod(0o666)
    # Without it OpenVINO counts processors for ever.
    (root / "proc" / "cpuinfo").write_bytes(Path("/proc/cpuinfo").read_bytes())
    _copy_python(root)
    programs = [Path(shutil.which(name) or f"/bin/{name}") for name in _PROGRAMS]
    for program in programs:
        _copy(program, root)
    _copy_libraries([*programs, *_python_binaries()], root)
    _offer(wheels, root)


def remove(root: Path) -> None:
    """Delete a root folder with what its accounts wrote."""
    subprocess.run([*as_root(), "rm", "-rf", str(root)], check=True)  # noqa: S603


def _python() -> Path:
    return Path(sys.base_prefix) / "bin" / f"python{sysconfig.get_python_version()}"


def _standard_library() -> Path:
    return Path(sysconfig.get_path("stdlib"))


def _python_binaries() -> list[Path]:
    modules = _standard_library().glob("lib-dynload/*.so")
    # The image has no Tk.
    return [_python(), *(path for path in modules if not path.name.startswith("_tkinter"))]


def _copy_python(root: Path) -> None:
    interpreter = _copy(_python(), root)
    for name in ("python", "python3"):
        (root / "usr/local/bin" / name).symlink_to(f"/{interpreter.relative_to(root)}")
    library = _standard_library()
    unneeded = shutil.ignore_patterns("site-packages", "dist-packages", "test", "idlelib")
    shutil.copytree(library, _inside(root, library), symlinks=True, ignore=unneeded)
    # Beside the standard library, where every Python looks for packages.
    pip = Path(str(distribution("pip").locate_file("pip")))
    shutil.copytree(pip, _inside(root, library) / "pip")


def _copy_libraries(binaries: Iterable[Path], root: Path) -> None:
    cache = subprocess.run(["/sbin/ldconfig", "-p"], check=True, capture_output=True, text=True)
    known = dict(re.findall(r"^\s*(\S+) .* => (/\S+)$", cache.stdout, re.MULTILINE)[::-1])
    needed = {known[name] for name in _LIBRARIES}
    command = ["ldd", *map(str, binaries), *needed]
    linked = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    needed |= set(re.findall(r"(/\S+) \(0x", linked.stdout))
    folders = {_copy(Path(library), root).parent.relative_to(root) for library in needed}
    (root / "etc" / "ld.so.conf").write_text("".join(f"/{folder}\n" for folder in folders))
    subprocess.run([*as_root(), "/sbin/ldconfig", "-r", str(root)], check=True)  # noqa: S603


def _offer(wheels: Path, root: Path) -> None:
    shutil.copytree(wheels, _inside(root, _WHEELS), copy_function=os.link)
    (root / "etc" / "pip.conf").write_text(f"[global]\nno-index = true\nfind-links = {_WHEELS}\n")


def _copy(path: Path, root: Path) -> Path:
    target = _inside(root, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(path, target)
    return target


def _inside(root: Path, path: Path) -> Path:
    return root / path.relative_to("/")
