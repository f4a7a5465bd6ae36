"""The local Hub's Spaces, through the real client."""

from __future__ import annotations

import pytest
from huggingface_hub import CommitOperationAdd, SpaceHardware
from huggingface_hub.errors import BadRequestError, HfHubHTTPError

from tests.hub.server import Hub
from tests.hub.spaces import Space, Stage

SPACE = "owner/demo"
CARD = b"---\ntitle: Demo\nsdk: gradio\nmodels:\n- owner/tiny\n---\n"


def created(hub: Hub, *paths: str) -> Space:
    """Create a Space with some files, and return what the Hub keeps of it."""
    api = hub.api()
    api.create_repo(SPACE, repo_type="space", space_sdk="gradio", exist_ok=True)
    files = [CommitOperationAdd("README.md", CARD)]
    files += [CommitOperationAdd(path, b"print('hi')\n") for path in paths]
    api.create_commit(SPACE, files, commit_message="Deploy", repo_type="space")
    return hub.repository(SPACE, "space").space


def test_a_space_begins_with_the_hubs_own_card(hub: Hub) -> None:
    hub.api().create_repo(SPACE, repo_type="space", space_sdk="gradio")
    files = hub.api().list_repo_files(SPACE, repo_type="space")
    assert files == [".gitattributes", "README.md"]
    assert b"sdk: gradio" in hub.repository(SPACE, "space").content("README.md")


def test_a_space_is_described_with_its_address(hub: Hub) -> None:
    space = created(hub, "app.py")
    info = hub.api().space_info(SPACE)
    assert (info.host, info.subdomain) == ("https://owner-demo.hf.space", "owner-demo")
    assert (info.sdk, info.models) == ("gradio", ["owner/tiny"])
    space.host = "http://127.0.0.1:7860"
    assert hub.api().space_info(SPACE).host == "http://127.0.0.1:7860"


def test_variables_are_kept_and_told(hub: Hub) -> None:
    space = created(hub)
    api = hub.api()
    api.add_space_variable(SPACE, "MODEL", "owner/tiny")
    told = api.add_space_variable(SPACE, "LIMIT", "3")
    assert {name: variable.value for name, variable in told.items()} == space.variables
    assert space.variables == {"MODEL": "owner/tiny", "LIMIT": "3"}
    assert list(api.delete_space_variable(SPACE, "LIMIT")) == ["MODEL"]
    assert list(api.get_space_variables(SPACE)) == ["MODEL"]


def test_secrets_are_kept_but_not_told(hub: Hub) -> None:
    space = created(hub)
    api = hub.api()
    api.add_space_secret(SPACE, "KEY", "s3cret")
    assert space.secrets == {"KEY": "s3cret"}
    assert "s3cret" not in repr(api.get_space_secrets(SPACE)["KEY"])
    api.delete_space_secret(SPACE, "KEY")
    assert space.secrets == {}


def test_a_variable_needs_a_name_of_its_own(hub: Hub) -> None:
    created(hub)
    api = hub.api()
    api.add_space_secret(SPACE, "KEY", "s3cret")
    for name in ("KEY", "NOT-A-NAME"):
        with pytest.raises(BadRequestError):
            api.add_space_variable(SPACE, name, "value")


def test_strangers_change_nothing(hub: Hub) -> None:
    space = created(hub, "app.py")
    api = hub.api(hub.tokens.stranger)
    attempts = (
        lambda: api.add_space_variable(SPACE, "NAME", "value"),
        lambda: api.add_space_secret(SPACE, "NAME", "value"),
        lambda: api.get_space_secrets(SPACE),
        lambda: api.restart_space(SPACE),
    )
    for attempt in attempts:
        with pytest.raises(HfHubHTTPError) as refusal:
            attempt()
        assert refusal.value.response.status_code == 403
    assert (space.variables, space.secrets, space.restarts) == ({}, {}, [])


def test_a_space_comes_up_after_each_push(hub: Hub) -> None:
    usual = ["BUILDING", "APP_STARTING", "RUNNING", "RUNNING"]
    for more in ([], ["more.py"]):
        created(hub, "app.py", *more)
        assert [hub.api().get_space_runtime(SPACE).stage for _ in usual] == usual


def test_a_space_can_be_waited_for(hub: Hub) -> None:
    created(hub, "app.py")
    runtime = hub.api().wait_for_space(SPACE, poll_interval=0.01)
    assert (runtime.stage, runtime.hardware) == ("RUNNING", "cpu-basic")
    assert runtime.raw["sha"] == hub.repository(SPACE, "space").head.oid


def test_a_build_can_fail(hub: Hub) -> None:
    space = created(hub, "app.py")
    space.life = (Stage("BUILDING"), Stage("BUILD_ERROR", "no matching distribution"))
    space.logs["build"] += ["Collecting biopsia", "ERROR: no matching distribution"]
    failed = hub.api().wait_for_space(SPACE, poll_interval=0.01)
    assert (failed.stage, failed.raw["errorMessage"]) == ("BUILD_ERROR", "no matching distribution")
    lines = "".join(hub.api().fetch_space_logs(SPACE, build=True)).splitlines()
    assert lines == space.logs["build"]


def test_without_its_app_a_space_does_not_start(hub: Hub) -> None:
    created(hub, "other.py")
    assert hub.api().get_space_runtime(SPACE).stage == "NO_APP_FILE"


def test_hardware_and_restarts(hub: Hub) -> None:
    space = created(hub, "app.py")
    api = hub.api()
    asked = api.request_space_hardware(SPACE, SpaceHardware.CPU_UPGRADE)
    assert (asked.requested_hardware, space.hardware) == ("cpu-upgrade", "cpu-upgrade")
    api.restart_space(SPACE)
    assert api.restart_space(SPACE, factory_reboot=True).stage == "BUILDING"
    assert space.restarts == [False, True]


def test_a_space_may_be_created_with_its_settings(hub: Hub) -> None:
    hub.api().create_repo(
        SPACE,
        repo_type="space",
        space_sdk="gradio",
        space_variables=[{"key": "MODEL", "value": "owner/tiny"}],
        space_secrets=[{"key": "KEY", "value": "s3cret"}],
    )
    space = hub.repository(SPACE, "space").space
    assert (space.variables, space.secrets) == ({"MODEL": "owner/tiny"}, {"KEY": "s3cret"})
