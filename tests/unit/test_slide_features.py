"""Pooled features of a slide's tiles as Parquet."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest

from hf_space.exports.parquet import write_parquet
from hf_space.exports.slides.content import SlideContent, TileFeatures
from hf_space.exports.slides.features import write_features
from tests.slide_results import slide_content, slide_grid


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


def test_features_are_read_by_pandas(tmp_path: Path) -> None:
    batch = TileFeatures(np.array([[1, 2]]), np.array([[0.5, -2.0]], np.float32))
    write_features(replace(content(), features=[batch]), tmp_path / "part")
    table = pd.read_parquet(tmp_path / "part")
    assert table.to_dict("records") == [
        {"row": 2, "column": 3, "x": 1100, "y": 440, "feature_0": 0.5, "feature_1": -2.0}
    ]
    assert table.filter(like="feature_").to_numpy().dtype == np.float32


def test_small_batches_are_joined_and_large_ones_are_not(tmp_path: Path) -> None:
    places = np.zeros((1000, 2), int)
    batches = [TileFeatures(places, np.full((1000, 2), index, np.float32)) for index in range(11)]
    write_features(replace(content(), features=batches), tmp_path / "part")
    read = pyarrow.parquet.ParquetFile(tmp_path / "part")
    groups = [read.metadata.row_group(place).num_rows for place in range(3)]
    assert groups == [5000, 5000, 1000]
    expected = np.repeat(np.arange(11), 1000)
    np.testing.assert_array_equal(read.read()["feature_1"].to_numpy(), expected)


def test_no_tiles_make_a_table_without_rows(tmp_path: Path) -> None:
    write_features(replace(content(), features=iter([])), tmp_path / "part")
    table = pyarrow.parquet.read_table(tmp_path / "part")
    assert (table.num_rows, table.column_names) == (0, ["row", "column", "x", "y"])


def test_a_table_of_many_columns_and_batches_is_read_back(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    columns = {f"c{index}": "float32" for index in range(300)} | {"n": "int64", "é": "int32"}
    batches = [
        [
            *rng.standard_normal((300, rows), dtype=np.float32),
            rng.integers(-(2**40), 2**40, rows),
            rng.integers(-(2**31), 2**31, rows),
        ]
        for rows in (1, 5000, 20)
    ]
    with (tmp_path / "part").open("wb") as file:
        write_parquet(file, columns, iter(batches))
    read = pyarrow.parquet.ParquetFile(tmp_path / "part")
    assert (read.metadata.num_row_groups, read.metadata.num_rows) == (3, 5021)
    assert [field.name for field in read.schema_arrow] == list(columns)
    for place, batch in enumerate(batches):
        group = read.read_row_group(place)
        for name, values in zip(columns, batch, strict=True):
            np.testing.assert_array_equal(group[name].to_numpy(), values)
    assert not any(field.nullable for field in read.schema_arrow)
