"""A Space's settings and state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stage:
    """A stage of a Space.

    Attributes:
        name: As the Hub calls it: "BUILDING", "RUNNING", "BUILD_ERROR".
        error: What went wrong, if it did.
    """

    name: str
    error: str | None = None


USUAL_LIFE = (Stage("BUILDING"), Stage("APP_STARTING"), Stage("RUNNING"))


@dataclass
class Space:
    """A Space's settings and state; tests may change its attributes at any time.

    Attributes:
        host: Address at which it answers.
        life: The stages after each start; a question for the state goes on to the next, and the
            last one stays.
        variables: Name to value, for everyone to see.
        secrets: Name to value; the Hub tells the names only.
        hardware: What it runs on.
        logs: "build" and "run" to lines.
        restarts: For each restart by a client, whether it was a factory reboot.
    """

    host: str
    life: tuple[Stage, ...] = USUAL_LIFE
    variables: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    hardware: str = "cpu-basic"
    logs: dict[str, list[str]] = field(default_factory=lambda: {"build": [], "run": []})
    restarts: list[bool] = field(default_factory=list)
    _age: int = 0

    def set_up(self, asked: Mapping[str, Any]) -> None:
        """Take over the settings that came with the request to create it."""
        self.hardware = asked.get("hardware", self.hardware)
        self.variables |= {item["key"]: item["value"] for item in asked.get("variables", ())}
        self.secrets |= {item["key"]: item["value"] for item in asked.get("secrets", ())}

    def start(self) -> None:
        """Restart its stages, as each push, setting and restart does."""
        self._age = 0

    def runtime(self, commit: str, *, has_app: bool) -> dict[str, Any]:
        """Describe its state at a commit, and let it go on to the next stage."""
        stage = self.life[min(self._age, len(self.life) - 1)]
        if has_app:
            self._age += 1
        else:
            stage = Stage("NO_APP_FILE")
        described: dict[str, Any] = {
            "stage": stage.name,
            "hardware": {
                "current": self.hardware if stage.name == "RUNNING" else None,
                "requested": self.hardware,
            },
            "storage": None,
            "gcTimeout": 172_800,
            "domains": [{"domain": self.host.partition("://")[2], "stage": "READY"}],
        }
        if stage.name == "RUNNING":
            described["sha"] = commit
        if stage.error:
            described["errorMessage"] = stage.error
        return described
