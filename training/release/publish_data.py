"""Publishes a prepared data set on the Hugging Face Hub, with a card of its own."""

from __future__ import annotations

import math
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from huggingface_hub import DatasetCard, HfApi

from training.data.arrays import prepared_parts
from training.data.samples import require_licence
from training.data.splits import split_sha256
from training.evaluation.measured import environment
from training.release.card import CARD_FILE
from training.release.publish_model import (
    Publication,
    publish_folder,
    require_repo,
    require_valid_card,
)

if TYPE_CHECKING:
    from datasets import Dataset

TEMPLATE: Final = Path(__file__).with_name("data_card.md")
# The default of `datasets`: small enough to be read in parallel and fetched again.
_SHARD_BYTES: Final = 500_000_000


def publish_dataset(
    api: HfApi, dataset: Path, repo_id: str, *, licence: str | None, private: bool = False
) -> Publication:
    """Replace the content of a data set repository by a prepared data set, in one commit.

    `datasets.load_dataset(repo_id)` and `python -m training prepare repo_id` read it.

    Args:
        api: The Hub's client, with a token that may write.
        dataset: Folder written by `prepare`.
        repo_id: `owner/name`.
        licence: The data's licence, an identifier of the Hub's.
        private: Create a private repository.

    Raises:
        ConfigurationError: The licence does not allow redistribution.
        DatasetError: There is no prepared data set.
        PublishError: The Hub does not take the card, or the repository is public.
        HubError: The Hub cannot be reached, or refuses.
    """
    licence = require_licence(licence)
    parts = prepared_parts(dataset)
    with tempfile.TemporaryDirectory() as scratch:
        staged = Path(scratch)
        (staged / CARD_FILE).write_text(render_data_card(parts, repo_id, licence), encoding="utf-8")
        require_valid_card(DatasetCard.load(staged / CARD_FILE))
        require_repo(api, repo_id, "dataset", private=private)
        for name, part in parts.items():
            _write_shards(part, name, staged / "data")
        return publish_folder(
            api,
            repo_id,
            staged,
            repo_type="dataset",
            mark="data/*.parquet",
            message="Publish the prepared patches",
        )


def render_data_card(parts: dict[str, Dataset], repo_id: str, licence: str) -> str:
    """Return the card of a data set: its content, counts and source."""
    return (
        environment()
        .from_string(TEMPLATE.read_text(encoding="utf-8"))
        .render(
            repo_id=repo_id,
            licence=licence,
            split_sha256=split_sha256(),
            parts={name: _counts(part) for name, part in parts.items()},
            size=_size_category(sum(map(len, parts.values()))),
        )
    )


def _size_category(patches: int) -> str:
    """Return the Hub's name for a number of rows, below a million."""
    if patches < 1000:
        return "n<1K"
    low = 10 ** (len(str(patches)) - 1)
    return f"{low // 1000}K<n<{low // 100}K" if low < 100_000 else "100K<n<1M"


def _counts(part: Dataset) -> dict[str, Any]:
    facts = part.select_columns(["label", "case_id", "near_white", "padded"]).to_pandas()
    return {
        "cases": facts["case_id"].nunique(),
        "patches": len(facts),
        **{name: int(facts[name].sum()) for name in ("label", "near_white", "padded")},
    }


def _write_shards(part: Dataset, name: str, folder: Path) -> None:
    from datasets import Image

    folder.mkdir(exist_ok=True)
    count = max(1, math.ceil(part.data.nbytes / _SHARD_BYTES))
    # Readers should see images, not bytes.
    images = part.cast_column("image", Image())
    for index in range(count):
        shard = images.shard(count, index, contiguous=True)
        shard.to_parquet(folder / f"{name}-{index:05d}-of-{count:05d}.parquet")
