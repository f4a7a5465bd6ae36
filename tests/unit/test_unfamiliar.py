"""Warnings from the network's own features, from the bundle to the result."""

from __future__ import annotations

import asyncio
from pathlib import Path

import numpy as np
import pytest

from hf_space.bundle.config import (
    FAMILIARITY_FILE,
    INFERENCE_FILE,
    FamiliarityLimits,
    InferenceConfig,
)
from hf_space.bundle.familiarity import Familiarity
from hf_space.bundle.load import Bundle, file_sha256, load_bundle
from hf_space.errors import BundleError
from hf_space.inference.engine import Outputs, predict_patches
from hf_space.inference.openvino_engine import OpenVinoEngine
from hf_space.inference.warmup import warm_engine
from hf_space.prediction.predictor import Predictor
from hf_space.prediction.trust import with_familiarity
from hf_space.schemas.options import PredictOptions
from hf_space.schemas.prediction import PredictionResult
from hf_space.settings import Settings
from tests.bundle_factory import encode, write_bundle

# Of the logarithms of mean red, green and blue: a deviation of 1 along red and along green, and of
# a hundredth along blue, which the components leave out.
KNOWN = Familiarity(
    mean=np.log1p((np.array([180.0, 140.0, 190.0]) + 0.2785) / 0.02),
    components=np.eye(3)[:2],
    scales=np.ones(2),
    class_means=np.array([[0.0, 0.0], [0.5, -0.5]]),
    residual=np.array(0.01),
)
LIMITS = FamiliarityLimits(unfamiliar=2.0, unlike_training=6.0)
# The last two lie 6 and 18 hundredths off in blue alone.
TYPICAL, UNFAMILIAR, UNLIKE = ((180, 140, 190 + off) for off in (0, 11, -32))


def write(folder: Path, limits: FamiliarityLimits | None = LIMITS) -> Path:
    return write_bundle(folder, KNOWN, familiarity=limits)


@pytest.fixture
def described(tmp_path: Path) -> Bundle:
    return load_bundle(write(tmp_path / "described"))


def tissue(*colours: tuple[int, int, int]) -> np.ndarray:
    """Return tiles of 50 x 50 px side by side, with the same grain in each."""
    grain = np.random.default_rng(2).integers(-20, 21, (50, 50, 1))
    grain -= int(round(grain.mean()))
    tiles = [np.array(colour) + grain for colour in colours]
    return np.concatenate(tiles, axis=1).astype(np.uint8)


def ask(bundle: Bundle, image: np.ndarray) -> PredictionResult:
    predictor = Predictor(bundle, Settings(operating_point=None))
    try:
        options = PredictOptions(microns_per_pixel=4.0)
        return asyncio.run(predictor.predict(encode(image), options))
    finally:
        predictor.close()


@pytest.mark.parametrize(
    ("colour", "codes"),
    [(TYPICAL, []), (UNFAMILIAR, ["unfamiliar"]), (UNLIKE, ["unlike_training"])],
)
def test_a_result_says_how_familiar_its_image_is(
    described: Bundle, colour: tuple[int, int, int], codes: list[str]
) -> None:
    result = ask(described, tissue(colour))
    assert [warning.code for warning in result.warnings] == codes
    withheld = codes == ["unlike_training"]
    assert (result.verdict == "not_assessable") == withheld
    assert result.reasons == (codes if withheld else [])
    assert [warning.severity for warning in result.warnings] == (
        ["withholds"] if withheld else ["caution"] * len(codes)
    )


def test_a_bundle_without_limits_says_nothing(tmp_path: Path) -> None:
    bundle = load_bundle(write(tmp_path / "bundle", None))
    assert bundle.familiarity is None
    assert ask(bundle, tissue(UNLIKE)).warnings == []


def test_most_tiles_of_a_region_decide(described: Bundle) -> None:
    few = ask(described, tissue(TYPICAL, TYPICAL, UNLIKE))
    assert (few.kind, few.warnings) == ("region", [])
    most = ask(described, tissue(TYPICAL, UNLIKE, UNLIKE))
    assert most.reasons == ["unlike_training"]


@pytest.mark.parametrize("reason", ["not_h_and_e", "too_blurred", "unlike_training"])
def test_nothing_is_said_twice(reason: str) -> None:
    far = np.array([[9.0]])
    codes = [reason, "scale_assumed"]
    assert with_familiarity(codes, far, LIMITS) == codes  # type: ignore[arg-type]
    assert with_familiarity(["blank"], far, LIMITS) == ["blank", "unlike_training"]
    assert with_familiarity(["blank"], None, LIMITS) == ["blank"]


def test_features_come_with_the_same_pass(described: Bundle) -> None:
    images = np.concatenate([tissue(TYPICAL)[None], tissue(UNLIKE)[None]])
    outputs = predict_patches(OpenVinoEngine(described), described.config, images, batch_size=1)
    assert outputs.features is not None
    expected = images.mean(axis=(1, 2), dtype=float)
    np.testing.assert_allclose(outputs.features, expected, rtol=1e-3)
    shares = [outputs.part(slice(index, index + 1)) for index in (0, 1)]
    joined = Outputs.joined(shares)
    assert joined.features is not None
    np.testing.assert_array_equal(joined.features, outputs.features)


def test_distances_are_those_of_the_file_s_single_precision(described: Bundle) -> None:
    features = np.random.default_rng(0).uniform(100, 220, (50, 3))
    assert described.familiarity is not None
    np.testing.assert_allclose(
        described.familiarity.distance(features), KNOWN.distance(features), rtol=1e-4
    )


def test_familiarity_without_features_is_refused(described: Bundle, tmp_path: Path) -> None:
    plain = load_bundle(write_bundle(tmp_path / "plain"))
    mixed = Bundle(plain.path, plain.config, familiarity=described.familiarity)
    with pytest.raises(BundleError, match="features"):
        warm_engine("openvino", mixed)
    wide = Familiarity(np.ones(4), np.eye(4)[:2], np.ones(2), np.ones((2, 2)), np.array(1.0))
    with pytest.raises(BundleError, match="does not run"):
        warm_engine("openvino", Bundle(described.path, described.config, familiarity=wide))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("components", np.ones(3)),
        ("components", np.full((2, 3), np.nan)),
        ("mean", np.ones(2)),
        ("mean", np.array([1.0, np.inf, 1.0])),
        ("scales", np.array([1.0, 0.0])),
        ("class_means", np.ones((3, 2))),
        ("residual", np.array(0.0)),
        ("residual", np.array("none", dtype=object)),
        ("mean", None),
    ],
)
def test_damaged_descriptions_are_refused(
    tmp_path: Path, name: str, value: np.ndarray | None
) -> None:
    folder = write(tmp_path / "bundle")
    with np.load(folder / FAMILIARITY_FILE) as file:
        arrays = dict(file)
    changed = {**arrays, name: value}
    with (folder / FAMILIARITY_FILE).open("wb") as target:
        np.savez(target, **{key: each for key, each in changed.items() if each is not None})
    assert_refused(folder)


def test_a_truncated_description_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path / "bundle")
    path = folder / FAMILIARITY_FILE
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BundleError, match="altered"):
        load_bundle(folder)
    assert_refused(folder)
    np.save(path.with_suffix(".npy"), KNOWN.mean)
    path.with_suffix(".npy").rename(path)
    assert_refused(folder)
    path.unlink()
    with pytest.raises(BundleError, match="cannot read"):
        load_bundle(folder)


def assert_refused(folder: Path) -> None:
    """The bundle is refused although the hash is right."""
    facts = folder / INFERENCE_FILE
    config = InferenceConfig.from_json(facts.read_bytes())
    hashes = config.sha256 | {FAMILIARITY_FILE: file_sha256(folder / FAMILIARITY_FILE)}
    facts.write_text(config.model_copy(update={"sha256": hashes}).to_json(), encoding="utf-8")
    with pytest.raises(BundleError, match="familiarity"):
        load_bundle(folder)
