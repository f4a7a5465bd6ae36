"""Pooled features of a slide's tiles as Parquet."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest

from hf_space.exports.slides.content import SlideContent, TileFeatures
from hf_space.exports.slides.features import write_features
from tests.slide_results import slide_content, slide_grid

ROOT = Path(__file__).parents[2]


def content() -> SlideContent:
    return slide_content(slide_grid(1500, 1100, left=300, top=40), np.full((3, 4), 0.2))


def test_batches_become_rows_of_one_table(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    features = rng.standard_normal((5, 7), dtype=np.float32)
    places = np.array([[0, 0], [0, 3], [1, 2], [2, 0], [2, 3]])
    batches = [TileFeatures(places[part], features[part]) for part in (slice(0, 3), slice(3, None))]
    path = tmp_path / "part"
    write_features(replace(content(), features=iter(batches)), path)
    table = pyarrow.parquet.read_table(path)
    assert table.column_names == [
        *("row", "column", "x", "y"),
        *(f"feature_{index}" for index in range(7)),
    ]
    assert table["row"].to_pylist() == [1, 1, 2, 3, 3]
    assert table["column"].to_pylist() == [1, 4, 3, 1, 4]
    # In level 0, so with the place of the bounds.
    assert table["x"].to_pylist() == [300, 1500, 1100, 300, 1500]
    assert table["y"].to_pylist() == [40, 40, 440, 840, 840]
    read = np.column_stack([table[f"feature_{index}"].to_numpy() for index in range(7)])
    assert read.dtype == np.float32
    np.testing.assert_array_equal(read, features)
    # Written again, it is the same file and not a longer one.
    write_features(replace(content(), features=batches), path)
    assert pyarrow.parquet.read_table(path).equals(table)


def test_without_features_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no features"):
        write_features(content(), tmp_path / "part")
    assert not (tmp_path / "part").exists()


def test_its_libraries_are_loaded_only_where_it_is_written() -> None:
    code = (
        "import sys, hf_space.exports.slides.formats; "
        "print(sorted({'fastparquet', 'pandas', 'pyarrow'} & set(sys.modules)))"
    )
    done = subprocess.run(  # noqa: S603 -- our own code
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
