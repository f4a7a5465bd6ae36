"""Plan and deploy the Hugging Face Space."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from huggingface_hub import HfApi, SpaceHardware, get_token
from pydantic import ValidationError

from hf_space.bundle.config import INFERENCE_FILE
from hf_space.deploy.folder import APP_FILE, HubModel, SpaceError
from hf_space.deploy.hub import explained, require_own
from hf_space.settings import Settings
from hf_space.settings.environment import secret_settings, settings_faults

_PREFIX: Final = "BIOPSIA_"
# The disk is emptied at each restart wherever the folder is, and every user may write to this one.
# The Hub has one proxy in front; if it were not counted, all visitors would share one address and
# its limit.
_ALWAYS: Final = {
    "BIOPSIA_DATA_DIR": "/tmp/biopsia",  # noqa: S108 -- nobody else is in the Space's container
    "BIOPSIA_TRUSTED_PROXY_HOPS": "1",
}
_MODEL_REPO: Final = "BIOPSIA_MODEL_REPO"
_MODEL_REVISION: Final = "BIOPSIA_MODEL_REVISION"
_HUB_TOKEN: Final = "HF_TOKEN"  # noqa: S105 -- a name
# The Hub's client still reads the second one, its older name.
_HUB_TOKENS: Final = frozenset({_HUB_TOKEN, "HUGGING_FACE_HUB_TOKEN"})


@dataclass(frozen=True, slots=True)
class SpacePlan:
    """The plan of a Space.

    Attributes:
        name: `owner/name`.
        model: The model it downloads when it starts; None: the bundled model.
        private: Create it as a private Space.
        hardware: Its hardware; None keeps it, and gives a new Space the Hub's free hardware.
        variables: Further variables; they are public.
        secrets: Secrets, by name.
    """

    name: str
    model: HubModel | None
    private: bool
    hardware: SpaceHardware | None
    variables: Mapping[str, str]
    secrets: Mapping[str, str]

    def settings(self) -> dict[str, str | None]:
        """Return the variables that it must have; None marks those that it must not have."""
        model = self.model
        return {
            **_ALWAYS,
            _MODEL_REPO: model.repo if model else None,
            # A commit, so that a restart never silently serves another model.
            _MODEL_REVISION: model.commit if model else None,
            **self.variables,
        }


def check_given(variables: Mapping[str, str], secrets: Mapping[str, str]) -> None:
    """Refuse settings with which the service would not start, and secrets in public variables.

    Raises:
        SpaceError: A name or a value is wrong.
    """
    # The service reads its settings in upper or lower case.
    names = {name.upper() for name in variables}
    for name in (_MODEL_REPO, _MODEL_REVISION):
        if name in names:
            raise SpaceError(f"{name} follows from --model and --revision")
    public = names & (_HUB_TOKENS | secret_settings())
    if public:
        raise SpaceError(f"everybody may read variables: give {min(public)} with --secret")
    own = get_token()
    lent = [name for name in sorted(_HUB_TOKENS & secrets.keys()) if secrets[name] == own]
    if lent:
        raise SpaceError(
            f"--secret {lent[0]}: this is the token that deploys, which may do more than the Space "
            "should; give it one that may only read, in its settings on the Hub"
        )
    faults = _faults({**variables, **secrets})
    if faults:
        raise SpaceError("; ".join(faults))


def _faults(given: Mapping[str, str]) -> list[str]:
    """Return the fault of each setting of the service by itself.

    Whether settings fit together shows at start: the Space may already have others.
    """
    settings = {name: value for name, value in given.items() if name.upper().startswith(_PREFIX)}
    # Written in both cases, a setting would be there twice.
    small = [name for name in settings if not name.isupper()]
    if small:
        return [f"{name}: write {name.upper()}" for name in small]
    values: dict[str, Any] = {
        name.removeprefix(_PREFIX).lower(): value for name, value in settings.items()
    }
    try:
        # This machine's environment must not count: the Space has its own.
        Settings(_env_prefix=f"NOT_{_PREFIX}", **values)
    except ValidationError as error:
        return [fault for fault in settings_faults(error) if fault.startswith(_PREFIX)]
    return []


def find_model(api: HfApi, repo: str, revision: str) -> HubModel:
    """Return the bundle that a repository has at a branch, tag or commit.

    Raises:
        HubError: There is no such repository or revision, or the Hub refuses.
        SpaceError: Its content is not a bundle.
    """
    with explained(f"{repo} at {revision}"):
        info = api.model_info(repo, revision=revision)
    files = tuple(sorted(entry.rfilename for entry in info.siblings or ()))
    if info.sha is None or INFERENCE_FILE not in files:
        raise SpaceError(
            f"{repo} at {revision} has no {INFERENCE_FILE}: publish a bundle there first, with "
            "`python -m training publish`"
        )
    return HubModel(repo, info.sha, files, is_open=not (info.private or info.gated))


def prepare_space(api: HfApi, plan: SpacePlan, tell: Callable[[str], None]) -> None:
    """Create a Space if there is none, and write the settings that differ.

    A Space restarts after each change, so equal settings are not written. Secrets cannot be read
    back, so they are always written when they are named.

    Raises:
        HubError: The Hub refuses, or the Space holds someone's other work.
        SpaceError: It is public but should be private, or it could not download its model.
    """
    with explained(plan.name):
        api.create_repo(
            plan.name,
            repo_type="space",
            space_sdk="gradio",
            private=plan.private,
            space_hardware=plan.hardware,
            exist_ok=True,
        )
        if plan.private and not api.space_info(plan.name).private:
            raise SpaceError(f"{plan.name} exists and is public: make it private on the Hub first")
        require_own(api, plan.name, repo_type="space", mark=APP_FILE)
        _require_readable_model(api, plan)
        _write_variables(api, plan, tell)
        for name, value in plan.secrets.items():
            api.add_space_secret(plan.name, name, value)
            tell(f"secret {name} set")
        _choose_hardware(api, plan, tell)


def _require_readable_model(api: HfApi, plan: SpacePlan) -> None:
    if plan.model is None or plan.model.is_open or _HUB_TOKENS & plan.secrets.keys():
        return
    if not _HUB_TOKENS & api.get_space_secrets(plan.name).keys():
        raise SpaceError(
            f"not everybody may read {plan.model.repo}: give the Space a token that may, and no "
            f"more than that, as the secret {_HUB_TOKEN} in its settings on the Hub"
        )


def _write_variables(api: HfApi, plan: SpacePlan, tell: Callable[[str], None]) -> None:
    present = {key: entry.value for key, entry in api.get_space_variables(plan.name).items()}
    for name, value in plan.settings().items():
        if value == present.get(name):
            continue
        if value is None:
            api.delete_space_variable(plan.name, name)
            tell(f"variable {name} removed")
        else:
            api.add_space_variable(plan.name, name, value)
            tell(f"variable {name} set to {value}")


def _choose_hardware(api: HfApi, plan: SpacePlan, tell: Callable[[str], None]) -> None:
    if plan.hardware in (None, api.get_space_runtime(plan.name).requested_hardware):
        return
    api.request_space_hardware(plan.name, plan.hardware)
    tell(f"hardware {plan.hardware.value} requested")
