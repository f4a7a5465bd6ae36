"""Entry point: `python app.py`, or `uvicorn app:app`."""

from __future__ import annotations

import logging

import uvicorn

from hf_space.api.application import create_app

app = create_app()


def main() -> None:
    """Serve on the host and port of the settings."""
    settings = app.state.settings
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    uvicorn.run(app, host=settings.host, port=settings.port, log_level=settings.log_level)


if __name__ == "__main__":
    main()
