"""The command line: `python -m hf_space --help`."""

from hf_space.cli import app

if __name__ == "__main__":
    app(prog_name="python -m hf_space")
