"""Checks combinations of settings with which a service cannot start."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from hf_space.bundle.load import load_bundle
from hf_space.cache.redis import RedisConnection
from hf_space.errors import BundleError
from hf_space.history.database.address import parse_address
from hf_space.prediction.trust import default_operating_point
from hf_space.schemas.tickets import HUB_TOKEN_PREFIX, TICKET_PREFIX

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic import SecretStr

    from hf_space.settings import Settings


def start_faults(settings: Settings) -> list[str]:
    """Return one line for each setting that a retry cannot fix; it begins with the variable.

    A model of the Hub, a database or a Redis that cannot be reached now may be available later.

    Args:
        settings: The service's settings.
    """
    faults = [*_model_faults(settings)]
    if find_spec(settings.engine) is None:
        faults.append(f"BIOPSIA_ENGINE: {settings.engine} is not installed")
    faults += _address_faults("BIOPSIA_DATABASE_URL", settings.database_url, parse_address)
    faults += _key_faults(settings)
    return faults + _address_faults("BIOPSIA_REDIS_URL", settings.redis_url, RedisConnection)


def _model_faults(settings: Settings) -> list[str]:
    if settings.model_repo:
        return []
    if not settings.model_dir.is_dir():
        return [f"BIOPSIA_MODEL_DIR: there is no folder {settings.model_dir}"]
    if settings.operating_point is None:
        return []
    try:
        config = load_bundle(settings.model_dir).config
    except BundleError:
        # Not a setting's fault; `/health/` says what it is.
        return []
    try:
        default_operating_point(config, settings)
    except BundleError as error:
        return [f"BIOPSIA_OPERATING_POINT: {error}; it has {', '.join(sorted(config.thresholds))}"]
    return []


def _key_faults(settings: Settings) -> list[str]:
    # As a bearer token, it would be mistaken for one of those.
    others = (TICKET_PREFIX, HUB_TOKEN_PREFIX)
    if any(key.get_secret_value().startswith(others) for key in settings.api_keys.values()):
        return [
            f"BIOPSIA_API_KEYS: no key begins with {TICKET_PREFIX} or {HUB_TOKEN_PREFIX}, as "
            "tickets and tokens of the Hub do"
        ]
    return []


def _address_faults(
    variable: str, address: SecretStr | None, parse: Callable[[str], object]
) -> list[str]:
    try:
        if address:
            parse(address.get_secret_value())
    except ValueError as error:
        return [f"{variable}: {error}"]
    return []
