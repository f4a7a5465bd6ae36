"""The local Hub refuses the cards that the real one refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from huggingface_hub import CommitOperationAdd

from tests.hub.card_rules import judge
from tests.hub.server import Hub

MODEL_INDEX = """model-index:
- name: tiny
  results:
  - task: {type: image-classification}
    dataset: {type: owner/cells, name: Cells}
    metrics: [{type: roc_auc, value: 0.9}]"""


def card(*lines: str) -> str:
    """Return a card with these lines of front matter."""
    return "\n".join(["---", *lines, "---", "# Title", ""])


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("model", card("license: apache-2.0", "language: en", "tags: [a, b]", MODEL_INDEX)),
        ("model", card("license: [mit, cc0-1.0]", "base_model: timm/net.in1k")),
        ("dataset", card("configs:", "- config_name: default", "  data_files: data/*.parquet")),
        ("dataset", card("license: cc0-1.0", "size_categories: [n<1K]", "pretty_name: Cells")),
        ("space", card("sdk: gradio", "sdk_version: 6.31.0", "app_file: app.py")),
        ("space", card("sdk: docker", "app_port: 7860", "python_version: '3.11'")),
        ("space", card("sdk: gradio", "preload_from_hub:", "- owner/tiny a.xml,a.bin")),
    ],
)
def test_a_good_card_passes(kind: str, content: str) -> None:
    verdict = judge(content, kind)
    assert (verdict.errors, verdict.warnings) == ([], [])


@pytest.mark.parametrize(
    ("kind", "content", "named"),
    [
        ("model", card("license: [mit"), "YAML"),
        ("model", card("- license"), "mapping"),
        ("model", card("license: apache"), "license"),
        ("model", card("language: English"), "language"),
        ("model", card("tags: [1]"), "tags.0"),
        ("model", card("datasets: [two words]"), "datasets.0"),
        ("model", card(MODEL_INDEX.replace("name: Cells", "split: test")), "dataset.name"),
        ("model", card(MODEL_INDEX.replace(", value: 0.9", "")), "metrics.0.value"),
        ("model", card("model-index: {name: tiny}"), "model-index"),
        ("dataset", card("size_categories: [tiny]"), "size_categories.0"),
        ("dataset", card("configs:", "- data_files: x"), "config_name"),
        ("space", "# No front matter\n", "sdk"),
        ("space", card("sdk: flask"), "sdk"),
        ("space", card("sdk: gradio", "sdk_version: latest"), "sdk_version"),
        ("space", card("sdk: gradio", "python_version: 3.10"), "python_version"),
        ("space", card("sdk: gradio", "colorFrom: teal"), "colorFrom"),
        ("space", card("sdk: gradio", "colorTo: teal"), "colorTo"),
        ("space", card("sdk: gradio", f"short_description: {'x' * 61}"), "short_description"),
        ("space", card("sdk: gradio", "app_file: ../app.py"), "app_file"),
        ("space", card("sdk: gradio", "preload_from_hub: [tiny]"), "preload_from_hub.0"),
    ],
)
def test_a_bad_card_is_refused(kind: str, content: str, named: str) -> None:
    (error,) = judge(content, kind).errors
    assert named in error


@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_a_card_without_metadata_is_pointed_out(kind: str) -> None:
    assert judge("# Only a title\n", kind).warnings == [
        "empty or missing yaml metadata in repo card"
    ]


def test_the_shipped_card_passes() -> None:
    shipped = Path(__file__).parents[2] / "hf_space" / "model" / "README.md"
    assert judge(shipped.read_text("utf-8"), "model").errors == []


def test_the_client_is_told_before_it_uploads(hub: Hub) -> None:
    api = hub.api()
    api.create_repo("owner/tiny")
    files = [CommitOperationAdd("README.md", card("license: apache").encode())]
    with pytest.raises(ValueError, match="Invalid metadata in README.md"):
        api.create_commit("owner/tiny", files, commit_message="x")
    assert hub.requests[-1].path == "/api/validate-yaml"
