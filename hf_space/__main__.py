"""The command line: `python -m hf_space predict FILES...`."""

from hf_space.cli import app

if __name__ == "__main__":
    app(prog_name="python -m hf_space")
