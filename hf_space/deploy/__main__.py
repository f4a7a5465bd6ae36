"""Run the command: `python -m hf_space.deploy`."""

from __future__ import annotations

from hf_space.deploy.command import app

if __name__ == "__main__":
    app(prog_name="python -m hf_space.deploy")
