"""Files for hosting platforms and engines: Dockerfile, railway.json and compose.yaml."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from dockerfile_parse import DockerfileParser

from hf_space.settings import Settings
from tests.image import context_files, read_image
from tests.linters import complaints
from tests.server import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
RAILWAY = json.loads((ROOT / "railway.json").read_text("utf-8"))
# Keys and types as https://docs.railway.com/config-as-code/reference has them; the deployment
# fails where a number is written as text.
RAILWAY_KEYS = {
    "$schema": str,
    "build": {"builder": str, "watchPatterns": list},
    "deploy": {
        "healthcheckPath": str,
        "healthcheckTimeout": int,
        "restartPolicyType": str,
        "restartPolicyMaxRetries": int,
        "drainingSeconds": int,
    },
}


def seconds(text: str) -> int:
    return int(text.removesuffix("s"))


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    assert complaints("hadolint", "--failure-threshold", "style", "Dockerfile") == ""


def test_hadolint_would_say_so(tmp_path: Path) -> None:
    wrong = tmp_path / "Dockerfile"
    wrong.write_text("FROM python:latest\nRUN sudo true\nRUN pip install x==1\nCMD python app.py\n")
    said = complaints("hadolint", str(wrong))
    assert {"DL3004", "DL3007", "DL3025", "DL3042"} <= set(re.findall(r"DL\d+", said))


def test_all_stages_begin_with_the_same_slim_python() -> None:
    stages = DockerfileParser(str(ROOT)).parent_images
    assert len(stages) > 1
    assert len(set(stages)) == 1
    assert re.fullmatch(r"python:3\.1[123]\.\d+-slim-\w+", stages[0])


def test_the_image_is_what_hosts_need() -> None:
    image = read_image()
    assert image.command == ["python", "app.py"]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.user)
    assert image.health_command[0] == "python"
    assert "'/health/'" in image.health_command[2]
    assert image.environment["PORT"] == str(Settings.model_fields["port"].default)
    # Railway refuses it.
    assert "VOLUME" not in image.instructions
    assert "type=cache" not in (ROOT / "Dockerfile").read_text("utf-8")


def test_what_the_service_writes_lies_where_its_user_may_write() -> None:
    image = read_image()
    for name in ("HOME", "HF_HOME", "BIOPSIA_DATA_DIR"):
        assert Path(image.environment[name]).is_relative_to("/data")
    user, _, group = image.user.partition(":")
    assert f"install -d -o {user} -g {group} /data" in (ROOT / "Dockerfile").read_text("utf-8")


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    reached = context_files(ROOT)
    for *sources, _ in read_image().copies:
        assert set(sources) <= reached


def test_builders_get_the_service_and_nothing_else(tmp_path: Path) -> None:
    kept = [
        "app.py",
        "LICENSE",
        "hf_space/api/routes.py",
        "hf_space/messages/es.json",
        "hf_space/model/config.json",
        "hf_space/ui/templates/macros.html",
    ]
    private = [".env", "hf_space/.env", "hf_space/.env.local", "var/history.sqlite3"]
    others = ["frontend/package.json", "training/fitting/run.py", "tests/server.py", ".git/config"]
    made = ["hf_space/__pycache__/cli.pyc", "hf_space/a.log", "hf_space/history.sqlite3"]
    for name in (*kept, *private, *others, *made):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    shutil.copy(ROOT / ".dockerignore", tmp_path)
    files = {path for path in context_files(tmp_path) if (tmp_path / path).is_file()}
    # Builders read their own file in any case.
    assert files == {*kept, ".dockerignore"}


def test_railway_gets_keys_and_types_that_it_knows() -> None:
    assert set(RAILWAY) <= set(RAILWAY_KEYS)
    for section in ("build", "deploy"):
        known = RAILWAY_KEYS[section]
        assert isinstance(known, dict)
        for key, value in RAILWAY[section].items():
            assert type(value) is known[key], key
    assert RAILWAY["build"]["builder"] == "DOCKERFILE"
    assert RAILWAY["deploy"]["restartPolicyType"] == "ON_FAILURE"


def test_health_is_asked_for_where_the_service_tells_it() -> None:
    path = RAILWAY["deploy"]["healthcheckPath"]
    assert path == "/health/"
    assert path in json.loads((ROOT / "frontend" / "openapi.json").read_text("utf-8"))["paths"]


def test_hosts_wait_until_the_service_has_finished_its_requests() -> None:
    code = (ROOT / "app.py").read_text("utf-8")
    draining = int(re.findall(r"_DRAIN_SECONDS: Final = (\d+)", code)[0])
    assert RAILWAY["deploy"]["drainingSeconds"] > draining
    assert seconds(COMPOSE["services"]["api"]["stop_grace_period"]) > draining


@pytest.mark.parametrize("pattern", RAILWAY["build"]["watchPatterns"])
def test_railway_watches_what_is_there(pattern: str) -> None:
    assert list(ROOT.glob(pattern.removeprefix("/")))


def test_the_compose_file_has_the_form_of_its_specification() -> None:
    assert (
        complaints("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml")
        == ""
    )


def test_compose_publishes_the_proxy_alone_and_to_this_machine_alone() -> None:
    services = COMPOSE["services"]
    assert {name for name, service in services.items() if "ports" in service} == {"proxy"}
    assert all(port.startswith("127.0.0.1:") for port in services["proxy"]["ports"])
    assert services["api"]["environment"]["BIOPSIA_TRUSTED_PROXY_HOPS"] == "1"


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_compose_confines_every_container(name: str) -> None:
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in service
    assert "privileged" not in service
    # The service's own image names its user.
    assert name == "api" or not service["user"].startswith("0")


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_compose_bounds_what_a_container_takes(name: str) -> None:
    service = COMPOSE["services"][name]
    assert re.fullmatch(r"[1-9]\d*[mg]", service["mem_limit"])
    assert 0 < service["pids_limit"] <= 512
    # They are in memory, and alone take half of the machine's.
    assert all(re.search(r"[:,]size=\d+[mg]\b", place) for place in service["tmpfs"])


def test_compose_gives_redis_a_password_that_no_process_list_shows() -> None:
    redis = COMPOSE["services"]["redis"]
    assert "requirepass $$REDIS_PASSWORD" in redis["command"][-1]
    assert COMPOSE["services"]["api"]["environment"]["BIOPSIA_REDIS_URL"] == (
        "redis://:${REDIS_PASSWORD}@redis:6379/0"
    )


def test_compose_pins_images_and_holds_no_password() -> None:
    text = (ROOT / "compose.yaml").read_text("utf-8")
    images = [service["image"] for service in COMPOSE["services"].values() if "image" in service]
    assert all(re.fullmatch(r"\w+:\d+\.\d+(\.\d+)?", image) for image in images)
    names = ("POSTGRES_PASSWORD", "REDIS_PASSWORD")
    assert set(re.findall(r"PASSWORD: (.*)", text)) == {
        f"${{{name}:?copy .env.example to .env, and choose a password there}}" for name in names
    }
    example = (ROOT / ".env.example").read_text("utf-8")
    assert all(f"{name}=\n" in example for name in names)


def test_compose_sets_variables_that_the_service_reads() -> None:
    named = set(COMPOSE["services"]["api"]["environment"])
    own = {f"BIOPSIA_{name.upper()}" for name in Settings.model_fields}
    assert named <= own
    assert {"BIOPSIA_DATABASE_URL", "BIOPSIA_REDIS_URL"} <= named
