"""Clients that read `HF_ENDPOINT` on import use the local Hub from processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pandas as pd
from huggingface_hub import CommitOperationAdd

from tests.hub.server import Hub

DATASET = "owner/cells"


def run(code: str, hub: Hub, home: Path) -> Any:
    """Run Python code with the Hub's variables, and return what it printed last as JSON."""
    process = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", dedent(code)],
        env=os.environ | hub.environment(home),
        check=False,
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


def test_keras_pushes_a_model_and_loads_it(hub: Hub, tmp_path: Path) -> None:
    code = """
        import json
        import keras
        import numpy

        inputs = keras.Input((4,))
        model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
        model.save("hf://owner/tiny")
        loaded = keras.saving.load_model("hf://owner/tiny")
        batch = numpy.arange(8.0).reshape(2, 4)
        same = numpy.array_equal(model.predict(batch), loaded.predict(batch))
        print(json.dumps({"same": bool(same)}))
    """
    assert run(code, hub, tmp_path) == {"same": True}
    files = hub.repository("owner/tiny").head.files
    assert {"README.md", "config.json", "metadata.json", "model.weights.h5"} <= set(files)
    assert files["model.weights.h5"].lfs


def test_datasets_loads_a_data_set(hub: Hub, tmp_path: Path) -> None:
    table = pd.DataFrame({"patch": [b"\x89a", b"\x89b"], "label": [0, 1]})
    card = """\
        ---
        license: cc0-1.0
        configs:
        - config_name: default
          data_files:
          - split: train
            path: data/train-*.parquet
        ---
        # Cells
    """
    files = {"README.md": dedent(card).encode(), "data/train-0.parquet": table.to_parquet()}
    hub.api().create_repo(DATASET, repo_type="dataset")
    additions = [CommitOperationAdd(path, content) for path, content in files.items()]
    hub.api().create_commit(DATASET, additions, commit_message="Publish", repo_type="dataset")
    code = f"""
        import json
        from datasets import load_dataset

        rows = load_dataset("{DATASET}", split="train")
        print(json.dumps([[row["patch"].hex(), row["label"]] for row in rows]))
    """
    assert run(code, hub, tmp_path) == [["8961", 0], ["8962", 1]]


def test_cards_are_judged_and_loaded(hub: Hub, tmp_path: Path) -> None:
    hub.api().create_repo("owner/tiny")
    code = """
        import json
        from huggingface_hub import ModelCard

        ModelCard("---\\nlicense: mit\\n---\\n# Tiny\\n").push_to_hub("owner/tiny")
        said = {"license": ModelCard.load("owner/tiny").data.license}
        try:
            ModelCard("---\\nlicense: none\\n---\\n# Tiny\\n").validate()
        except ValueError as error:
            said["refused"] = str(error)[:40]
        print(json.dumps(said))
    """
    said = run(code, hub, tmp_path)
    assert said["license"] == "mit"
    assert said["refused"].startswith('"license.0"')
