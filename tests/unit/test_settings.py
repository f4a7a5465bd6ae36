from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from hf_space.settings import Settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PORT", *(f"BIOPSIA_{field.upper()}" for field in Settings.model_fields)):
        monkeypatch.delenv(name, raising=False)


def test_defaults() -> None:
    settings = Settings()
    assert settings.port == 7860
    assert settings.operating_point is None
    assert settings.model_dir.parts[-2:] == ("hf_space", "model")


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_values_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", "elsewhere")
    monkeypatch.setenv("BIOPSIA_MAX_PIXELS", "2500")
    monkeypatch.setenv("BIOPSIA_OPERATING_POINT", "high_sensitivity")
    settings = Settings()
    assert settings.model_dir == Path("elsewhere")
    assert settings.max_pixels == 2500
    assert settings.operating_point == "high_sensitivity"


def test_port_is_read_under_both_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8001")
    assert Settings().port == 8001
    monkeypatch.setenv("BIOPSIA_PORT", "8002")
    assert Settings().port == 8002
    assert Settings(port=8003).port == 8003


@pytest.mark.parametrize(
    ("name", "value"),
    [("PORT", "http"), ("PORT", "70000"), ("BIOPSIA_MAX_PIXELS", "0"), ("BIOPSIA_LOG_LEVEL", "x")],
)
def test_bad_values_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()
