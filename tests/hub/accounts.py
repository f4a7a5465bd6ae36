"""Users and their rights on the local Hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

OWNER = "owner"
STRANGER = "stranger"


@dataclass(frozen=True)
class Tokens:
    """Tokens of the local Hub's users.

    Attributes:
        write: The owner's, with all rights on what is theirs.
        read: The owner's, for reading only.
        stranger: A write token of someone else.
        unknown: An invalid token.
    """

    write: str = "hf_write"
    read: str = "hf_read"
    stranger: str = "hf_stranger"
    unknown: str = "hf_unknown"


@dataclass(frozen=True)
class Visitor:
    """Who sent a request.

    Attributes:
        name: The user, or None without a token.
        writes: Whether the token allows to write.
    """

    name: str | None = None
    writes: bool = False

    def may_read(self, owner: str, *, private: bool) -> bool:
        """Whether a repository is there for this visitor."""
        return not private or self.name == owner

    def may_write(self, owner: str) -> bool:
        """Whether this visitor may change an owner's repositories."""
        return self.writes and self.name == owner

    def described(self) -> dict[str, Any]:
        """Return what `whoami` answers."""
        role = "write" if self.writes else "read"
        return {
            "type": "user",
            "id": f"id-of-{self.name}",
            "name": self.name,
            "fullname": str(self.name).title(),
            "email": f"{self.name}@example.org",
            "orgs": [],
            "auth": {
                "type": "access_token",
                "accessToken": {"displayName": f"{role} token", "role": role},
            },
        }


TOKENS = Tokens()
VISITORS = {
    TOKENS.write: Visitor(OWNER, writes=True),
    TOKENS.read: Visitor(OWNER),
    TOKENS.stranger: Visitor(STRANGER, writes=True),
}
