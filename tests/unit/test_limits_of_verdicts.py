"""The limits beyond which an image gets no verdict, measured on drawn patches."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from hf_space.bundle.config import InferenceConfig
from hf_space.bundle.load import load_bundle
from hf_space.imaging.preprocess import network_input
from hf_space.imaging.quality import OPTICAL_DENSITY, quality_statistics, stain_vector
from hf_space.inference.engine import EngineName, Outputs
from tests.bundle_factory import write_bundle
from tests.measured_bundle import write_measured_bundle
from tests.synthetic import make_patches, write_kaggle_tree
from training.data.prepare import prepare
from training.data.splits import PUBLISHED
from training.errors import ConfigurationError, DatasetError, RunError
from training.evaluation.limits import Limits, fit_reference, half_sensitivity, measure_limits
from training.evaluation.measured import measured_bundle
from training.release.limits import write_limits

CASES: Final = 6
PER_CASE: Final = 20
# Variance of the Laplacian of the network's input below which the engine sees no tumour.
SEEN_FROM: Final = 40.0


class FocusEngine:
    """Finds every patch that is sharp enough, and no other."""

    name: EngineName = "openvino"
    precision = "f32"
    streams = 1

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        grey = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in batch]
        spread = np.array([cv2.Laplacian(image, cv2.CV_32F).var() for image in grey])
        logits = np.where(spread > SEEN_FROM, 9.0, -9.0).astype(np.float32)
        return Outputs(logits, np.tile(logits[:, None, None], (1, 4, 4)))


class BlindEngine(FocusEngine):
    """Finds nothing."""

    def run(self, batch: NDArray[np.float32]) -> Outputs:
        return Outputs(
            np.full(len(batch), -9.0, np.float32), np.zeros((len(batch), 4, 4), np.float32)
        )


def drawn() -> tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.str_]]:
    """Return patches of six cases, half of them of tumour."""
    images, labels = make_patches(CASES * PER_CASE // 2)
    cases = np.tile([f"case{number}" for number in range(CASES)], PER_CASE)
    return images, labels.astype(np.int64), cases


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> InferenceConfig:
    return load_bundle(write_bundle(tmp_path_factory.mktemp("bundle"))).config


@pytest.fixture(scope="module")
def limits(config: InferenceConfig) -> Limits:
    return measure_limits(*drawn(), FocusEngine(), config)


def test_images_are_out_of_focus_where_half_of_the_tumour_is_missed(
    limits: Limits, config: InferenceConfig
) -> None:
    assert limits.sensitivity_sharp == 1.0
    assert limits.sensitivity_blurred["0.5"] > limits.sensitivity_blurred["1"]
    assert limits.sensitivity_blurred["4"] == 0.0
    least = limits.assessable["sharpness"].low
    assert least is not None
    images, labels, _ = drawn()
    tumour = images[labels == 1]
    detected = []
    for sigma in (0.3, 0.6, 0.9, 1.2, 1.5):
        for patch in tumour:
            blurred = np.asarray(cv2.GaussianBlur(patch, (0, 0), sigma), np.uint8)
            sharpness = quality_statistics(blurred)["sharpness"]
            if least / 1.2 < sharpness < least * 1.2:
                inputs = network_input(blurred[None], config)
                detected.append(FocusEngine().run(inputs).logits[0] > 0)
    assert len(detected) > 10
    assert 0.2 < np.mean(detected) < 0.8


def test_a_logistic_curve_is_met_at_half_of_its_height() -> None:
    rng = np.random.default_rng(0)
    sharpness = np.exp(rng.uniform(0, 8, 20_000))
    # Detected with certainty in focus, and half as often at a sharpness of 50.
    chance = 1.0 / (1.0 + (50.0 / sharpness) ** 2)
    detected = rng.random(20_000) < chance
    assert half_sensitivity(sharpness, detected, 1.0) == pytest.approx(50.0, rel=0.05)
    # A tenth of 0.2 less: a chance of 0.4 is met at 50 / sqrt(1.5).
    assert half_sensitivity(sharpness, detected, 0.8) == pytest.approx(50 / 1.5**0.5, rel=0.05)


def test_a_model_that_no_blur_harms_has_no_limit_of_focus() -> None:
    assert half_sensitivity(np.array([0.1, 1.0, 10.0]), np.array([True] * 3), 1.0) == 0.0
    harmless = np.array([True, True, False, True])
    assert half_sensitivity(np.array([0.1, 0.2, 9.0, 10.0]), harmless, 1.0) == 0.0


def test_few_of_the_patches_themselves_lose_their_verdict(limits: Limits) -> None:
    assert limits.patches == CASES * PER_CASE
    assert limits.cases == CASES
    assert set(limits.withheld) == {"too_blurred", "not_h_and_e", "unlike_training", "any"}
    assert limits.withheld["any"] <= sum(limits.withheld.values()) - limits.withheld["any"]
    # Folds of twenty patches, some of which lie beyond the 99 % of the others.
    assert limits.withheld["any"] < 0.15


@pytest.mark.parametrize("dye", [(0.27, 0.57, 0.78), (0.9, 0.1, 0.5)])
def test_another_dye_lies_beyond_the_stain(limits: Limits, dye: tuple[float, float, float]) -> None:
    images, _, _ = drawn()
    farthest = limits.assessable["stain_distance"].high
    assert farthest is not None
    # The same structures in one dye: DAB, and one that is green.
    amount = OPTICAL_DENSITY[images[0]].mean(axis=2, keepdims=True)
    dyed = np.asarray(255 * 10.0 ** -(2 * amount * np.array(dye)), np.uint8)
    distance = quality_statistics(dyed, limits.stain_reference)["stain_distance"]
    own = quality_statistics(images[0], limits.stain_reference)["stain_distance"]
    assert own < farthest < distance


def test_the_reference_is_mean_and_inverse_covariance() -> None:
    images, _, _ = drawn()
    vectors = np.array([stain_vector(OPTICAL_DENSITY[i.reshape(-1, 3)]) for i in images])
    reference = fit_reference(vectors)
    np.testing.assert_allclose(reference.mean, vectors.mean(axis=0))
    identity = np.array(reference.precision) @ np.cov(vectors.T)
    np.testing.assert_allclose(identity, np.eye(9), atol=1e-6)


def test_limits_need_tumour_that_the_model_finds(config: InferenceConfig) -> None:
    images, labels, cases = drawn()
    with pytest.raises(DatasetError, match="no tumour patches"):
        measure_limits(images, 0 * labels, cases, FocusEngine(), config)
    with pytest.raises(DatasetError, match="none of the tumour"):
        measure_limits(images, labels, cases, BlindEngine(), config)


def test_the_command_writes_them_into_the_bundle(tmp_path: Path) -> None:
    folder = write_measured_bundle(tmp_path / "bundle")
    before = load_bundle(folder).config
    write_kaggle_tree(tmp_path / "tree", list(PUBLISHED["train"][:5]), 6)
    prepare(str(tmp_path / "tree"), tmp_path / "prepared")
    limits = write_limits(folder, tmp_path / "prepared", splits=["train"])
    after = load_bundle(folder).config
    assert after.assessable == limits.assessable
    assert after.stain_reference == limits.stain_reference
    assert after.calibration == before.calibration
    assert after.revision != before.revision
    # Measured again, the same content has the same revision.
    assert write_limits(folder, tmp_path / "prepared", splits=["train"]) == limits
    assert load_bundle(folder).config.revision == after.revision
    written = Limits.model_validate_json((folder / "limits.json").read_bytes())
    assert written == limits
    # The figures beside it are now of another revision.
    with pytest.raises(RunError, match="run `evaluate` again"):
        measured_bundle(folder)


def test_limits_are_not_measured_on_test_cases(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="test"):
        write_limits(tmp_path, tmp_path, splits=["train", "test"])
    with pytest.raises(RunError, match="no exported bundle"):
        write_limits(tmp_path, tmp_path, splits=["train"])
