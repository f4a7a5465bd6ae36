"""Whether the activation map follows the tissue: measured on complete slides.

The network sees the neighbouring tissue as its margin, as it does in regions and slides.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from hf_space.bundle.config import InferenceConfig
from hf_space.imaging.preprocess import margin_rows
from hf_space.inference.engine import Engine, predict_patches
from training.data.remote import open_any_source
from training.data.source import readable
from training.errors import SourceError
from training.evaluation.borders import border_figures
from training.evaluation.bundle import open_bundle
from training.evaluation.deletion import curve_areas
from training.evaluation.random_head import RandomHead
from training.evaluation.slide import Slide, read_complete_slides

TILES_DELETED: Final = 64

Maps = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Network:
    """A bundle's engine, with calibrated outputs."""

    engine: Engine
    config: InferenceConfig

    @property
    def margin(self) -> int:
        """Pixels of a slide that the network sees around a tile."""
        return margin_rows(self.config)

    def maps(self, patches: NDArray[np.uint8]) -> Maps:
        """Return evidence in calibrated logits, float64 (N, rows, columns)."""
        outputs = predict_patches(self.engine, self.config, patches)
        return self.config.calibration.logit(outputs.activation_maps)

    def probabilities(self, patches: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return calibrated probabilities, float64 (N,)."""
        outputs = predict_patches(self.engine, self.config, patches)
        return self.config.calibration.probability(outputs.logits)

    @property
    def threshold(self) -> float:
        return self.config.thresholds[self.config.default_operating_point].threshold


def explain(bundle_dir: Path, source: str, *, progress: bool) -> dict[str, Any]:
    """Measure a bundle's activation maps on the complete slides of a source.

    Args:
        bundle_dir: Folder of the bundle, with its Keras network.
        source: Folder or zip in Kaggle's layout, `kaggle`, or a Hub data set id.
        progress: Show a progress bar on stderr.

    Returns:
        For each slide: ``quadrants`` of `quadrant_figures` and ``peaks`` of `peak_figures`, and
        ``curves``, the areas of `deletion.curve_areas` for cells in the order of the ``map``, of a
        map of a randomised head (``random_head``), and at random (``random``), and ``borders`` of
        `borders.border_figures`.

    Raises:
        ConfigurationError: The bundle cannot be used.
        SourceError: The source cannot be read, or holds no complete slide.
    """
    bundle, engine = open_bundle(bundle_dir)
    network = _Network(engine, bundle.config)
    head = RandomHead(bundle)
    slides = {}
    with (
        tempfile.TemporaryDirectory(prefix="biopsia-") as cache,
        open_any_source(source, cache_dir=Path(cache)) as opened,
    ):
        found = read_complete_slides(opened, readable(opened, opened.records))
        for slide in tqdm(found, desc="slides", disable=not progress):
            slides[slide.case_id] = _slide_figures(slide, network, head)
    if not slides:
        raise SourceError(f"{source} holds no complete slide: the map is measured between patches")
    return {
        "model": {"name": bundle.config.name, "revision": bundle.config.revision},
        "operating_point": bundle.config.default_operating_point,
        "threshold": network.threshold,
        "dataset": {"source": Path(source).name},
        "slides": slides,
    }


def _slide_figures(slide: Slide, network: _Network, head: RandomHead) -> dict[str, Any]:
    places, labels = mixed_windows(slide.labels)
    between = np.empty((0, 2, 2))
    if len(places):
        between = network.maps(slide.crops(places, margin=network.margin))
    tiles = slide.crops(np.argwhere(slide.labels >= 0).astype(float), margin=network.margin)
    maps = network.maps(tiles)
    # A map's mean is its logit, and a logit of 0 is a probability of one half.
    cutoff = np.log(network.threshold / (1 - network.threshold))
    called = maps.mean(axis=(1, 2)) >= cutoff
    present = slide.labels[slide.labels >= 0]
    wrong = np.zeros(slide.labels.shape, np.bool_)
    wrong[slide.labels >= 0] = called != (present == 1)
    hits = np.flatnonzero(called & (present == 1))
    chosen = hits[np.linspace(0, len(hits) - 1, min(TILES_DELETED, len(hits))).astype(int)]
    return {
        "quadrants": quadrant_figures(between, labels),
        "peaks": peak_figures(maps[called]),
        "curves": _curves(network, head, tiles[chosen], maps[chosen]) if len(chosen) else None,
        "borders": border_figures(slide.labels, wrong),
    }


def _curves(
    network: _Network, head: RandomHead, framed: NDArray[np.uint8], maps: Maps
) -> dict[str, dict[str, float]]:
    inner = slice(network.margin, framed.shape[1] - network.margin)
    tiles = framed[:, inner, inner]

    def probabilities(changed: NDArray[np.uint8]) -> NDArray[np.float64]:
        # The surroundings of a tile stay unchanged.
        windows = framed.copy()
        windows[:, inner, inner] = changed
        return network.probabilities(windows)

    shuffled = np.random.default_rng(0).random(maps.shape)
    orders = {"map": maps, "random_head": head.maps(tiles), "random": shuffled}
    return {name: curve_areas(probabilities, tiles, each) for name, each in orders.items()}


def mixed_windows(labels: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Find the windows, shifted by half a tile, that cover four tiles of both classes.

    Args:
        labels: int64 (rows, columns), -1 where there is no tile.

    Returns:
        Row and column of each window in tiles, float64 (N, 2), and the labels of its quadrants,
        int64 (N, 2, 2).
    """
    four: NDArray[np.int64] = np.lib.stride_tricks.sliding_window_view(labels, (2, 2))
    mixed = (four.min(axis=(2, 3)) == 0) & (four.max(axis=(2, 3)) == 1)
    return np.argwhere(mixed).astype(np.float64) + 0.5, four[mixed]


def quadrant_figures(maps: Maps, labels: NDArray[np.int64]) -> dict[str, Any]:
    """Measure how often the map is higher where the label says IDC.

    Args:
        maps: Evidence, float64 (N, rows, columns) with even sides.
        labels: int64 (N, 2, 2), both classes in each.

    Returns:
        Number of ``windows`` and of ``pairs`` of a quadrant with IDC and one without in the same
        window, and the share of pairs in which the first has the higher mean (``right``; ties count
        half); chance is .5; None without pairs.
    """
    count, rows, columns = maps.shape
    halves = maps.reshape(count, 2, rows // 2, 2, columns // 2).mean(axis=(2, 4)).reshape(count, 4)
    flat = labels.reshape(count, 4)
    difference = halves[:, :, None] - halves[:, None, :]
    pair = (flat[:, :, None] == 1) & (flat[:, None, :] == 0)
    right = (difference > 0) + 0.5 * (difference == 0)
    pairs = int(pair.sum())
    return {
        "windows": count,
        "pairs": pairs,
        "right": float(right[pair].mean()) if pairs else None,
    }


def peak_figures(maps: Maps) -> dict[str, Any]:
    """Measure where the highest cells are, and the mean offset of each position.

    Args:
        maps: Evidence of tiles called malignant, float64 (N, rows, columns).

    Returns:
        Number of ``tiles``; share of highest cells at a ``corner`` and at the ``edge``, corners
        included, each with its ``chance``; the mean of each position less the mean of all, in
        calibrated logits (``positions``), and the ``largest_offset`` of these. Shares and means
        are None without tiles.
    """
    count, rows, columns = maps.shape
    corner, edge = np.zeros((2, rows, columns), bool)
    corner[[0, 0, -1, -1], [0, -1, 0, -1]] = True
    edge[[0, -1]] = edge[:, [0, -1]] = True
    chances = {"corner_chance": float(corner.mean()), "edge_chance": float(edge.mean())}
    if not count:
        nothing = dict.fromkeys(("corner", "edge", "positions", "largest_offset"))
        return {"tiles": 0, **nothing, **chances}
    highest = maps.reshape(count, -1).argmax(axis=1)
    offsets = maps.mean(axis=0) - maps.mean()
    return {
        "tiles": count,
        "corner": float(corner.ravel()[highest].mean()),
        "edge": float(edge.ravel()[highest].mean()),
        **chances,
        "positions": np.round(offsets, 4).tolist(),
        "largest_offset": float(np.abs(offsets).max()),
    }
