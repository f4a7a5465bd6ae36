"""Every setting of a run is an option or a line of a file; invalid values are refused at once."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from training.cli import app
from training.cli.train import _SETTINGS
from training.cli.train import train as command
from training.errors import ConfigurationError, RunError
from training.fitting import train
from training.fitting.config import AugmentConfig, TrainConfig
from training.fitting.run import start_run
from training.fitting.settings_file import read_settings, train_config

DEFAULTS = TrainConfig(dataset="data")
Given = Callable[..., TrainConfig]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Given:
    """Return the configuration that `train` makes from options, without training."""
    found: list[TrainConfig] = []

    def note(config: TrainConfig, run: Path, *, resume: bool) -> None:  # noqa: ARG001
        found.append(config)

    monkeypatch.setattr(train, "run_training", note)

    def run(*options: str) -> TrainConfig:
        command = ["train", "data", "--out", str(tmp_path / "run"), *options]
        done = CliRunner().invoke(app, command, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return found.pop()

    return run


def test_without_options_a_run_has_the_defaults(given: Given) -> None:
    assert given() == DEFAULTS


@pytest.mark.parametrize(
    ("option", "changes"),
    [
        ("--backbone=vgg16", {"backbone": "vgg16"}),
        ("--weights=none", {"weights": "none"}),
        ("--size=96", {"input_size": 96}),
        ("--margin=32", {"margin": 32}),
        ("--color-mode=grayscale", {"color_mode": "grayscale"}),
        ("--interpolation=bicubic", {"interpolation": "bicubic"}),
        ("--batch-size=8", {"batch_size": 8}),
        ("--head-epochs=0", {"head_epochs": 0}),
        ("--epochs=3", {"epochs": 3}),
        ("--optimizer=adam", {"optimizer": "adam"}),
        ("--head-learning-rate=0.01", {"head_learning_rate": 0.01}),
        ("--learning-rate=1e-5", {"learning_rate": 1e-5}),
        ("--warmup-fraction=0", {"warmup_fraction": 0.0}),
        ("--weight-decay=0.01", {"weight_decay": 0.01}),
        ("--dropout=0.5", {"dropout": 0.5}),
        ("--label-smoothing=0", {"label_smoothing": 0.0}),
        ("--ema-momentum=0.9", {"ema_momentum": 0.9}),
        ("--patches-per-case=0", {"patches_per_case": None}),
        ("--no-balance-classes", {"balance_classes": False}),
        ("--noise=0", {"noise": 0.0}),
        ("--augment=jpeg=0.3", {"augment": AugmentConfig(jpeg=0.3)}),
        ("--split=train", {"splits": ("train",)}),
        ("--validation=none", {"validation": None}),
        ("--case-weight=8864=0.1", {"case_weights": {"8864": 0.1}}),
        ("--patience=2", {"patience": 2}),
        ("--checkpoint-steps=7", {"checkpoint_steps": 7}),
        ("--seed=4", {"seed": 4}),
        ("--distill-from=teacher", {"distill_from": "teacher"}),
        ("--distill-weight=0.2", {"distill_weight": 0.2}),
        ("--mixed-precision", {"mixed_precision": True}),
    ],
)
def test_an_option_changes_its_setting_alone(
    given: Given, option: str, changes: dict[str, Any]
) -> None:
    assert given(option) == replace(DEFAULTS, **changes)


def test_every_setting_is_an_option() -> None:
    options = {_SETTINGS.get(name, name) for name in inspect.signature(command).parameters}
    assert {field.name for field in fields(TrainConfig)} <= options


@pytest.mark.parametrize("name", [field.name for field in fields(AugmentConfig)])
def test_every_augmentation_is_an_option(given: Given, name: str) -> None:
    assert getattr(given(f"--augment={name}=0").augment, name) == 0


def test_what_a_run_saves_is_given_to_the_next(given: Given, tmp_path: Path) -> None:
    earlier = replace(
        DEFAULTS,
        dataset="elsewhere",
        learning_rate=1e-05,
        splits=("train", "val"),
        validation=None,
        patches_per_case=None,
        case_weights={"8917:1": 0.1},
        augment=AugmentConfig(jpeg=0.1, blur=0.0),
    )
    start_run(earlier, tmp_path / "earlier")
    file = str(tmp_path / "earlier" / "config.json")
    assert given("--config", file) == replace(earlier, dataset="data")
    # Options override the file and keep its other strengths.
    mixed = given("--config", file, "--epochs=9", "--augment=jpeg=0.4")
    augment = AugmentConfig(jpeg=0.4, blur=0.0)
    assert mixed == replace(earlier, dataset="data", epochs=9, augment=augment)


def test_a_file_may_name_a_few_settings_in_yaml(given: Given, tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("learning_rate: 1e-4\nsplits: [train]\naugment:\n  jpeg: 0\n")
    expected = replace(
        DEFAULTS, learning_rate=1e-4, splits=("train",), augment=AugmentConfig(jpeg=0)
    )
    assert given("--config", str(file)) == expected
    file.write_text(yaml.safe_dump(json.loads(expected.to_json())))
    assert given("--config", str(file)) == expected
    # What options call "none" and 0, a file may call so too.
    file.write_text("validation: none\npatches_per_case: 0\n")
    assert given("--config", str(file)) == replace(DEFAULTS, validation=None, patches_per_case=None)


def test_runs_of_earlier_versions_are_read(tmp_path: Path) -> None:
    values = json.loads(DEFAULTS.to_json())
    for name in ("mixed_precision", "checkpoint_steps", "noise"):
        del values[name]
    (tmp_path / "config.json").write_text(json.dumps(values))
    assert TrainConfig.load(tmp_path) == DEFAULTS
    assert train_config(read_settings(tmp_path / "config.json")) == DEFAULTS


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"augment": {}, "splits": [], "lr": 1}'])
def test_a_damaged_run_is_explained(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(RunError, match=r"config\.json does not hold the settings of a run"):
        TrainConfig.load(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.toml", "", "must end in .json, .yaml, .yml"),
        ("a.json", "{", "cannot read the settings"),
        ("a.yaml", "a: [", "cannot read the settings"),
        ("a.yaml", "- 1", "must hold one table"),
        ("a.yaml", "lr: 1", "unknown settings lr; there are dataset, splits"),
        ("a.yaml", "augment: {jpg: 1}", "unknown settings jpg; there are right_angles"),
        ("a.yaml", "case_weights: {8864: 0.1}", "put each case in quotes, as '8917:1'"),
    ],
)
def test_a_file_that_does_not_fit_is_explained(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ConfigurationError, match=message):
        read_settings(tmp_path / name)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot read the settings .*none\.yaml"):
        read_settings(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    "changes",
    [
        {"learning_rate": -1.0},
        {"learning_rate": 0.0},
        {"learning_rate": 1e30},
        {"learning_rate": float("nan")},
        {"head_learning_rate": float("inf")},
        {"input_size": 16},
        {"input_size": 100_000},
        {"margin": -16},
        {"margin": 100_000},
        {"batch_size": 0},
        {"batch_size": 1_000_000},
        {"head_epochs": -1},
        {"head_epochs": 10**30},
        {"epochs": 0},
        {"epochs": 10**30},
        {"warmup_fraction": 1.0},
        {"weight_decay": -0.1},
        {"weight_decay": 1e30},
        {"dropout": 1.0},
        {"noise": 0.6},
        {"label_smoothing": 0.7},
        {"ema_momentum": 1.0},
        {"patches_per_case": 0},
        {"patience": 0},
        {"checkpoint_steps": 0},
        {"seed": -1},
        {"seed": 2**32},
        {"case_weights": {"8864": -1.0}},
        {"case_weights": {"8864": 1e308}},
        {"case_weights": {"8864": float("nan")}},
        {"case_weights": {"8864:2": 1.0}},
        {"distill_weight": 1.5},
        {"backbone": "resnet50"},
        {"optimizer": "sgd"},
        {"splits": ["trian"]},
        {"splits": []},
        {"augment": asdict(AugmentConfig()) | {"zoom": 1.0}},
        {"augment": asdict(AugmentConfig()) | {"jpeg": 1.1}},
        {"augment": asdict(AugmentConfig()) | {"blur": -1}},
        {"augment": asdict(AugmentConfig()) | {"blur": 1e9}},
        {"augment": asdict(AugmentConfig()) | {"sharpening": 1e30}},
    ],
    ids=str,
)
def test_settings_without_sense_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError):
        train_config({"dataset": "", **changes})


def test_nonsense_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    command = ["train", str(tmp_path / "no"), "--out", str(tmp_path / "run"), "--learning-rate=-1"]
    done = CliRunner().invoke(app, command)
    assert "learning_rate is -1.0: it must be above 0" in str(done.exception)
    assert list(tmp_path.iterdir()) == []
