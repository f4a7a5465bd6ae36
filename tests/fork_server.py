"""Imports the service once, and forks a process of it whenever a test asks for one.

`python -m tests.fork_server` is started by `tests.forked`. Importing the service, Gradio above all,
takes most of a start. A forked process is as one that has just done so: nothing below starts a
thread, an event loop or an engine, and `app.py` reads its settings when it is run.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import signal
import socket
import tempfile
from importlib import import_module
from typing import NoReturn

# What `app.py` imports, and what it only imports when it starts.
_MODULES = (
    *("uvicorn.lifespan.on", "uvicorn.loops.auto", "uvicorn.protocols.websockets.auto"),
    *("hf_space.api.app", "hf_space.api.http_protocol", "hf_space.inference.openvino_engine"),
    *("hf_space.ui.demo", "hf_space.ui.gradio_app.mounted"),
)


def main() -> None:
    """Wait for requests at standard input, until its other end is closed."""
    for name in _MODULES:
        import_module(name)
    # Otherwise the collector would write to, and so copy, what all processes share.
    gc.freeze()
    # The system forgets the attendants that have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=os.dup(0)) as control:
        request = _next_process(control)
    if request is not None:
        _run(*request)


def _next_process(control: socket.socket) -> tuple[int, int] | None:
    """Return in each forked process what it was asked for, and None at the end of the requests.

    A request is one byte with three files: the environment as JSON, the output, and a pipe for the
    process's number and in the end its exit code.
    """
    while descriptors := socket.recv_fds(control, 1, 3)[1]:
        environment, output, replies = descriptors
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            process = os.fork()
            if process != 0:
                _attend(process, replies)
            os.close(replies)
            return environment, output
        for descriptor in descriptors:
            os.close(descriptor)
    return None


def _attend(process: int, replies: int) -> NoReturn:
    """Tell a process's number and exit code: only its parent learns the latter."""
    os.write(replies, f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    os.write(replies, f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(environment: int, output: int) -> None:
    """Run `app.py` as the interpreter would, up to its orderly end."""
    nothing = os.open(os.devnull, os.O_RDONLY)
    for descriptor, standard in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(descriptor, standard)
    os.close(nothing)
    os.close(output)
    os.environ.clear()
    with os.fdopen(environment, encoding="utf-8") as file:
        os.environ.update(json.load(file))
    # It remembers TMPDIR.
    tempfile.tempdir = None
    runpy.run_path("app.py", run_name="__main__")


if __name__ == "__main__":
    main()
