"""Entry point: `python app.py`, or `uvicorn app:app`."""

from __future__ import annotations

import logging
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final

import uvicorn

from hf_space.api.app import create_api
from hf_space.api.dependencies import loaded_predictor
from hf_space.api.http_protocol import BoundedProtocol
from hf_space.observability.logging import configure_logging
from hf_space.prediction.start import start_faults
from hf_space.settings.environment import SettingsError, read_settings
from hf_space.settings.folders import folder_faults
from hf_space.settings.listening import port_fault
from hf_space.ui.backend import Backend
from hf_space.ui.demo import mount_demo
from hf_space.ui.gradio_app.mounted import end_streams

if TYPE_CHECKING:
    from types import FrameType

# Time for running requests at shutdown; hosting platforms kill the process after some 30 s.
_DRAIN_SECONDS: Final = 25
# Proxies and clients keep a connection for a minute. A server that closes it sooner may do so just
# as a request arrives, especially when it is busy.
_KEEP_ALIVE_SECONDS: Final = 75

# Paths may contain visitors' file names; the application logs requests without them.
logging.getLogger("uvicorn.access").disabled = True

try:
    settings = read_settings()
    if faults := start_faults(settings) + folder_faults(settings):
        raise SettingsError(faults)
except SettingsError as error:
    raise SystemExit(str(error)) from None
app = create_api(settings)
# Last: the demo at `/` gets all remaining paths.
mount_demo(
    app,
    Backend(
        settings,
        get_predictor=partial(loaded_predictor, app),
        history=app.state.history.repository,
        limiter=app.state.limiter,
        metrics=app.state.metrics,
        files=app.state.bodies,
    ),
)


class _Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        end_streams(app)
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve on the host and port of the settings."""
    if len(sys.argv) > 1:
        raise SystemExit(
            "app.py takes no arguments: settings are environment variables, which "
            "`python -m hf_space settings` prints"
        )
    # Otherwise it would be found after the model has loaded.
    if fault := port_fault(settings.host, settings.port):
        raise SystemExit(fault)
    configure_logging(settings.log_level, settings.log_format)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        http=BoundedProtocol,
        # The settings say which proxies are trusted for the client's address.
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
    # Uvicorn raises it again after an orderly shutdown.
    with suppress(KeyboardInterrupt):
        _Server(config).run()


if __name__ == "__main__":
    main()
