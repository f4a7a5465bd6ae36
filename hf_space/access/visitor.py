"""Who sends a request."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Visitor:
    """Who asks.

    Attributes:
        owner: By which the visitor's records are found.
        token: The newcomer's token, which the answer brings; None for everybody else.
        by_cookie: Whether a cookie alone says who it is, which browsers send unasked.
        used: Whether the answer depends on who asks; a newcomer is given the token only then.
    """

    owner: bytes
    token: str | None = None
    by_cookie: bool = field(default=False, kw_only=True)
    used: bool = field(default=False, init=False)

    @property
    def is_new(self) -> bool:
        """Whether nobody could have records under this owner yet."""
        return self.token is not None

    def use(self) -> bytes:
        """Return the owner, and let a newcomer know the token."""
        self.used = True
        return self.owner
