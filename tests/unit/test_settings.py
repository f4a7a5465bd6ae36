from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from hf_space.settings import Settings
from hf_space.settings.environment import (
    read_settings,
    secret_settings,
    settings_faults,
    settings_table,
)
from hf_space.settings.folders import folder_faults
from tests.bundle_factory import write_bundle
from tests.server import ROOT
from tests.startup import start_lines

KEY, OTHER_KEY = "k" * 20, "o" * 20


pytestmark = pytest.mark.usefixtures("clean_environment")


def test_defaults() -> None:
    settings = Settings()
    assert settings.port == 7860
    assert settings.operating_point is None
    assert settings.model_dir.parts[-2:] == ("hf_space", "model")
    assert settings.data_dir.name == "var"
    assert (settings.database_url, settings.redis_url) == (None, None)
    assert (settings.retention_days, settings.store_originals) == (30, False)
    assert (settings.api_keys, settings.require_api_key) == ({}, False)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in Settings.model_fields.values())


def test_the_table_has_every_setting_on_a_row_of_its_own() -> None:
    _, _, *rows = settings_table().splitlines()
    cells = [row.strip("| ").split(" | ") for row in rows]
    assert [name for name, *_ in cells] == [f"`BIOPSIA_{n.upper()}`" for n in Settings.model_fields]
    shown = {name.strip("`"): (default, meaning) for name, default, meaning in cells}
    assert shown["BIOPSIA_MODEL_DIR"][0] == "`hf_space/model`"
    assert shown["BIOPSIA_STORE_ORIGINALS"][0] == "`false`"
    assert shown["BIOPSIA_DATABASE_URL"][0] == "unset"
    assert shown["BIOPSIA_CORS_ORIGINS"][0] == shown["BIOPSIA_API_KEYS"][0] == "none"
    marked = {name for name, (_, meaning) in shown.items() if meaning.endswith("**Secret.**")}
    assert marked == secret_settings()


def test_settings_that_hide_their_value_are_secret() -> None:
    names = ("DATABASE_URL", "REDIS_URL", "API_KEYS", "TICKET_SECRET", "SITE_SECRET")
    assert secret_settings() == {f"BIOPSIA_{name}" for name in names}


def test_the_table_shows_defaults_and_not_this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    before = settings_table()
    monkeypatch.setenv("BIOPSIA_PORT", "8001")
    monkeypatch.setenv("BIOPSIA_DATABASE_URL", "postgresql://me:hidden@db/biopsia")
    assert settings_table() == before
    assert str(Path(__file__).parents[2]) not in before


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
    [
        ("PORT", "http"),
        ("PORT", "70000"),
        ("BIOPSIA_MAX_PIXELS", "0"),
        ("BIOPSIA_LOG_LEVEL", "x"),
        ("BIOPSIA_RETENTION_DAYS", "0"),
        ("BIOPSIA_SPOOL_RECORDS", "-1"),
        ("BIOPSIA_TRUSTED_PROXY_HOPS", "17"),
        ("BIOPSIA_CACHE_SECONDS", "0"),
        ("BIOPSIA_REQUIRE_API_KEY", "perhaps"),
        ("BIOPSIA_TICKET_SECRET", "s" * 31),
        ("BIOPSIA_CORS_ORIGIN_PATTERN", "("),
    ],
)
def test_bad_values_are_refused(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError):
        Settings()


def test_a_variable_left_blank_is_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(f"BIOPSIA_{name.upper()}", "")
    assert start_lines() == []
    assert read_settings() == Settings.model_construct()
    monkeypatch.setenv("PORT", "8001")
    assert read_settings().port == 8001


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        (f"ward:{KEY}", {"ward": KEY}),
        (f"ward: {KEY}, lab : {OTHER_KEY} ", {"ward": KEY, "lab": OTHER_KEY}),
        (f" ward:{KEY} , lab:{OTHER_KEY},", {"ward": KEY, "lab": OTHER_KEY}),
        # Only the first colon separates the two.
        (f"ward:a:{KEY}", {"ward": f"a:{KEY}"}),
    ],
)
def test_keys_are_read_with_the_names_of_their_owners(
    monkeypatch: pytest.MonkeyPatch, text: str, expected: dict[str, str]
) -> None:
    monkeypatch.setenv("BIOPSIA_API_KEYS", text)
    keys = Settings().api_keys
    assert {name: key.get_secret_value() for name, key in keys.items()} == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (KEY, "write name:key"),
        (f":{KEY}", "write name:key"),
        (f"ward:{KEY[:15]}", "at least 16 characters"),
        (f"ward:{KEY},ward:{OTHER_KEY}", "same name"),
        (f"ward:{KEY},lab:{KEY}", "same key"),
        (f"ward:{KEY}\u00e9", "punctuation only"),
        (f"ward:{KEY}\t{KEY}", "punctuation only"),
    ],
)
def test_bad_keys_are_refused_without_being_repeated(
    monkeypatch: pytest.MonkeyPatch, text: str, message: str
) -> None:
    monkeypatch.setenv("BIOPSIA_API_KEYS", text)
    with pytest.raises(ValidationError, match=message) as caught:
        Settings()
    assert KEY[:15] not in str(caught.value)


def test_requiring_a_key_that_nobody_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOPSIA_REQUIRE_API_KEY", "true")
    with pytest.raises(ValidationError, match="BIOPSIA_REQUIRE_API_KEY needs BIOPSIA_API_KEYS"):
        Settings()
    monkeypatch.setenv("BIOPSIA_API_KEYS", f"ward:{KEY}")
    assert Settings().require_api_key


def test_secrets_are_in_no_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOPSIA_API_KEYS", f"ward:{KEY}")
    monkeypatch.setenv("BIOPSIA_DATABASE_URL", "postgresql://me:hidden-one@db/biopsia")
    monkeypatch.setenv("BIOPSIA_REDIS_URL", "redis://:hidden-two@cache:6379/0")
    monkeypatch.setenv("BIOPSIA_TICKET_SECRET", "hidden-three" * 3)
    settings = Settings()
    texts = [repr(settings), str(settings), settings.model_dump_json(), str(settings.model_dump())]
    monkeypatch.setenv("BIOPSIA_PORT", "http")
    with pytest.raises(ValidationError) as caught:
        Settings()
    for text in (*texts, str(caught.value)):
        assert not [secret for secret in (KEY, "hidden-") if secret in text]


def test_the_slash_of_an_address_bar_does_not_shut_a_site_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("BIOPSIA_CORS_ORIGINS", "HTTPS://One.example/, http://localhost:3000")
    assert Settings().cors_origins == ("https://one.example", "http://localhost:3000")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("BIOPSIA_CORS_ORIGINS", "one.example", "BIOPSIA_CORS_ORIGINS: write origins as https://"),
        ("BIOPSIA_CORS_ORIGINS", "https://one.example/path", "BIOPSIA_CORS_ORIGINS: write origins"),
        *(
            ("BIOPSIA_CORS_ORIGINS", origin, "BIOPSIA_CORS_ORIGINS: write origins as https://")
            for origin in (
                *("https://x:abc", "https://x:99999", "https://*.x", "https://a b", "https://"),
                *("https://x:443", "http://x:80", "https://1.2.3", "https://[::g]", "https://é.x"),
            )
        ),
        *(
            ("BIOPSIA_HOST", host, "BIOPSIA_HOST: write an address or a name of this machine")
            for host in ("nonsense host", "http://a", "1.2.3.999", "a:80", "a/b")
        ),
        ("BIOPSIA_DATA_DIR", "~nobody-of-this-name/x", "BIOPSIA_DATA_DIR: write the whole path"),
        ("BIOPSIA_IMAGE_MEMORY_BYTES", "1", "BIOPSIA_IMAGE_MEMORY_BYTES: Input should be greater"),
        ("BIOPSIA_PORT", "http", "BIOPSIA_PORT: Input should be a valid integer"),
        ("BIOPSIA_ROOT_PATH", "biopsia", "BIOPSIA_ROOT_PATH: write a path such as /biopsia"),
        ("BIOPSIA_ROOT_PATH", "/biopsia/", "BIOPSIA_ROOT_PATH: write a path such as /biopsia"),
        ("BIOPSIA_ROOT_PATH", "/", "BIOPSIA_ROOT_PATH: write a path such as /biopsia"),
        ("BIOPSIA_ROOT_PATH", "//host", "BIOPSIA_ROOT_PATH: write a path such as /biopsia"),
        ("BIOPSIA_ROOT_PATH", "/a/../b", "BIOPSIA_ROOT_PATH: write a path such as /biopsia"),
        ("BIOPSIA_ROOT_PATH", "/a?b", "BIOPSIA_ROOT_PATH: write a path such as /biopsia"),
        ("BIOPSIA_ROOT_PATH", "https://a.example/b", "BIOPSIA_ROOT_PATH: write a path"),
        ("BIOPSIA_SITE_SECRET", "s" * 31, "BIOPSIA_SITE_SECRET: write 32 characters or more"),
        ("BIOPSIA_TICKET_SECRET", "s", "BIOPSIA_TICKET_SECRET: write 32 characters or more"),
        ("BIOPSIA_MODEL_REPO", "model", "BIOPSIA_MODEL_REPO: String should match"),
        ("BIOPSIA_MODEL_REVISION", "v1", "BIOPSIA_MODEL_REVISION needs BIOPSIA_MODEL_REPO"),
    ],
)
def test_a_fault_is_told_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    [fault] = settings_faults(caught.value)
    assert fault.startswith(said)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOST", "::1"),
        ("HOST", "my-machine.example"),
        ("CORS_ORIGINS", "https://a.example:8443,http://127.0.0.1:3000,http://[::1]:3000"),
        ("CORS_ORIGINS", "http://my_app:3000,*"),
        ("API_KEYS", f"ward:HF_{KEY},lab:tickets-{KEY}"),
        ("IMAGE_MEMORY_BYTES", str(16 << 20)),
    ],
)
def test_values_that_can_work_are_taken(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(f"BIOPSIA_{name}", value)
    assert start_lines() == []


@pytest.mark.parametrize("start", ["ticket.", "hf_"])
def test_a_key_that_would_be_taken_for_something_else_is_told(
    monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    monkeypatch.setenv("BIOPSIA_API_KEYS", f"lab:{OTHER_KEY},ward:{start}{KEY}")
    said = (
        "BIOPSIA_API_KEYS: no key begins with ticket. or hf_, as tickets and tokens of the Hub do"
    )
    assert start_lines() == [said]


def test_a_tilde_is_the_users_folder_or_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BIOPSIA_DATA_DIR", "~/x")
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", "~/y")
    settings = Settings()
    assert (settings.data_dir, settings.model_dir) == (tmp_path / "x", tmp_path / "y")
    monkeypatch.setenv("GRADIO_TEMP_DIR", "~/z")
    [fault] = folder_faults(settings)
    assert fault == "GRADIO_TEMP_DIR: write the whole path: ~ is not supported here"


@pytest.mark.parametrize("value", ["/biopsia", "/lab/biopsia-2", "/~me/v1.0", ""])
def test_a_path_below_which_the_service_is_published_is_taken(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("BIOPSIA_ROOT_PATH", value)
    assert Settings().root_path == (value or None)


def test_the_service_says_which_variables_are_wrong_and_ends() -> None:
    wrong = {"BIOPSIA_CORS_ORIGINS": "one.example", "BIOPSIA_PORT": "http"}
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | wrong,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    faults = sorted(done.stderr.splitlines())
    assert [fault.partition(":")[0] for fault in faults] == sorted(wrong)


@pytest.mark.parametrize(
    ("name", "value", "folder"),
    [
        ("BIOPSIA_DATA_DIR", "/dev/null/x", "/dev/null/x"),
        ("BIOPSIA_DATABASE_URL", "sqlite:////dev/null/y/history.sqlite3", "/dev/null/y"),
        ("GRADIO_TEMP_DIR", "/dev/null/z", "/dev/null/z"),
    ],
)
def test_a_folder_that_cannot_be_written_ends_the_start(
    tmp_path: Path, name: str, value: str, folder: str
) -> None:
    wrong = {"BIOPSIA_DATA_DIR": str(tmp_path), name: value}
    done = subprocess.run(  # noqa: S603 -- our own interpreter and code
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | wrong | {"BIOPSIA_PORT": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (
        1,
        f"{name}: the folder {folder} cannot be written: Not a directory\n",
    )


def test_a_database_is_no_folder_and_no_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    data, folder, pipe = tmp_path / "data", tmp_path / "folder", tmp_path / "pipe"
    folder.mkdir(mode=0o755)
    os.mkfifo(pipe)
    for file in (folder, pipe, Path(os.devnull)):
        settings = Settings(data_dir=data, database_url=SecretStr(f"sqlite:///{file}"))
        said = f"BIOPSIA_DATABASE_URL: {file} is no file that can hold a database"
        assert folder_faults(settings) == [said]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    (data / "history.sqlite3").mkdir(parents=True)
    [fault] = folder_faults(Settings(data_dir=data))
    assert fault.startswith(f"BIOPSIA_DATA_DIR: {data}/history.sqlite3 is no file")
    unwritable = Settings(data_dir=Path("/dev/null/x"))
    assert len(folder_faults(unwritable)) == 1
    there, none_yet = tmp_path / "there", tmp_path / "none_yet"
    there.touch()
    for file in (there, none_yet):
        settings = Settings(data_dir=data, database_url=SecretStr(f"sqlite:///{file}"))
        assert folder_faults(settings) == []


def test_unknown_variables_are_told_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOPSIA_RETENSION_DAYS", "7")
    monkeypatch.setenv("BIOPSIA_ZZ", "1")
    monkeypatch.setenv("BIOPSIA_PORT", "http")
    unknown, far, port = start_lines()
    assert unknown == (
        "BIOPSIA_RETENSION_DAYS: no such setting; did you mean BIOPSIA_RETENTION_DAYS?"
    )
    assert far == "BIOPSIA_ZZ: no such setting"
    assert port.startswith("BIOPSIA_PORT: ")


def test_variables_of_the_site_the_makefile_and_the_tests_are_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("API_URL", "PUBLIC_API_URL", "PYTHON", "IDC_DIR"):
        monkeypatch.setenv(f"BIOPSIA_{name}", "x")
    assert start_lines() == []


def test_case_does_not_matter_where_it_means_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOPSIA_ENGINE", "OpenVINO")
    monkeypatch.setenv("BIOPSIA_LOG_LEVEL", "Warning")
    monkeypatch.setenv("BIOPSIA_LOG_FORMAT", "JSON")
    monkeypatch.setenv("BIOPSIA_STORE_ORIGINALS", "TRUE")
    monkeypatch.setenv("BIOPSIA_OPERATING_POINT", "Balanced")
    assert start_lines() == []
    settings = read_settings()
    assert (settings.engine, settings.log_level) == ("openvino", "warning")
    assert settings.log_format == "json"
    assert settings.store_originals


def test_a_model_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", str(tmp_path / "none"))
    assert start_lines() == [f"BIOPSIA_MODEL_DIR: there is no folder {tmp_path / 'none'}"]
    # Whether the Hub has it is checked later.
    monkeypatch.delenv("BIOPSIA_MODEL_DIR")
    monkeypatch.setenv("BIOPSIA_MODEL_REPO", "nobody/none")
    assert start_lines() == []


def test_an_operating_point_that_the_model_lacks_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BIOPSIA_MODEL_DIR", str(write_bundle(tmp_path / "model")))
    monkeypatch.setenv("BIOPSIA_OPERATING_POINT", "best")
    [fault] = start_lines()
    assert fault.startswith(
        "BIOPSIA_OPERATING_POINT: the model has no operating point 'best'; it has balanced, "
    )


def test_an_engine_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIOPSIA_ENGINE", "tensorflow")
    monkeypatch.setattr("hf_space.prediction.start.find_spec", {"openvino": True}.get)
    assert start_lines() == ["BIOPSIA_ENGINE: tensorflow is not installed"]
