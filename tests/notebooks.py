"""Runs notebooks as Jupyter does, with nothing written outside of a folder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbclient

OWN_FOLDERS = ("JUPYTER_RUNTIME_DIR", "JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "IPYTHONDIR")


def executed(notebook: Any, folder: Path, **environment: str) -> Any:
    """Run a notebook in `notebooks` of a folder, and return it with its outputs."""
    inline = "module://matplotlib_inline.backend_inline"
    own = {"HOME": str(folder), "MPLCONFIGDIR": str(folder), "MPLBACKEND": inline}
    (folder / "notebooks").mkdir()
    client = nbclient.NotebookClient(
        notebook, timeout=240, resources={"metadata": {"path": str(folder / "notebooks")}}
    )
    client.execute(env=os.environ | own | environment)
    return notebook


def outputs(notebook: Any, kind: str) -> list[str]:
    """Return what a notebook shows of a kind, as `image/png`."""
    return [
        output["data"][kind]
        for cell in notebook.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if kind in output.get("data", {})
    ]
