"""Repositories in memory: every revision is a snapshot that never changes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Literal

from tests.hub.problems import HubError, no_entry, no_revision
from tests.hub.spaces import Space

Kind = Literal["model", "dataset", "space"]

_COMMIT = re.compile(r"[0-9a-f]{7,40}")


@dataclass(frozen=True)
class Blob:
    """A file's content.

    Attributes:
        data: Its bytes.
        lfs: Whether it is kept as a large file, of which git knows the digest only.
    """

    data: bytes
    lfs: bool

    @cached_property
    def sha256(self) -> str:
        """SHA-256 of the bytes, in hexadecimal digits."""
        return hashlib.sha256(self.data).hexdigest()

    @cached_property
    def pointer(self) -> bytes:
        """The pointer that git stores in place of a large file."""
        lines = (
            "version https://git-lfs.github.com/spec/v1",
            f"oid sha256:{self.sha256}",
            f"size {len(self.data)}",
        )
        return "".join(f"{line}\n" for line in lines).encode()

    @cached_property
    def git_oid(self) -> str:
        """Git's own name of what it keeps, in hexadecimal digits."""
        kept = self.pointer if self.lfs else self.data
        return hashlib.sha1(b"blob %d\0" % len(kept) + kept, usedforsecurity=False).hexdigest()

    @property
    def oid(self) -> str:
        """The digest by which clients tell whether a file has changed."""
        return self.sha256 if self.lfs else self.git_oid


Files = Mapping[str, Blob]


@dataclass(frozen=True)
class Commit:
    """A snapshot of all files.

    Attributes:
        files: Path to content.
        title: First line of its message.
        description: The rest of its message.
        parent: The commit before it, if any.
        date: When it was made.
    """

    files: Files
    title: str
    description: str
    parent: Commit | None
    date: datetime = field(default_factory=lambda: datetime.now(UTC))

    @cached_property
    def oid(self) -> str:
        """Its name, 40 hexadecimal digits: the same for the same history."""
        history = [
            self.parent.oid if self.parent else "",
            self.title,
            self.description,
            {path: blob.git_oid for path, blob in sorted(self.files.items())},
        ]
        return hashlib.sha1(json.dumps(history).encode(), usedforsecurity=False).hexdigest()

    def history(self) -> Iterator[Commit]:
        """Yield this commit and those before it, the newest first."""
        commit: Commit | None = self
        while commit:
            yield commit
            commit = commit.parent

    def below(self, folder: str) -> dict[str, str]:
        """Return the digests of a folder's files, or of the file itself."""
        return {
            path: blob.git_oid
            for path, blob in self.files.items()
            if path == folder or path.startswith(f"{folder}/") or not folder
        }

    def file(self, path: str) -> Blob:
        """Return a file.

        Raises:
            HubError: The commit does not have it.
        """
        if path not in self.files:
            raise no_entry("Entry not found", self.oid)
        return self.files[path]


@dataclass
class Repository:
    """A repository; tests may change its attributes at any time.

    Attributes:
        kind: "model", "dataset" or "space".
        owner: Whose it is.
        name: Without the owner.
        private: Whether it is there for its owner only.
        gated: Whether its files need a signed form.
        branches: Name to newest commit.
        tags: Name to commit.
        space: What only Spaces have.
    """

    kind: Kind
    owner: str
    name: str
    private: bool
    branches: dict[str, Commit]
    space: Space
    gated: bool = False
    tags: dict[str, Commit] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The owner and the name."""
        return f"{self.owner}/{self.name}"

    @property
    def path(self) -> str:
        """Its place below the Hub's address."""
        return self.id if self.kind == "model" else f"{self.kind}s/{self.id}"

    @property
    def head(self) -> Commit:
        """The newest commit of `main`."""
        return self.branches["main"]

    @property
    def commits(self) -> list[Commit]:
        """All commits of `main`, the newest first."""
        return list(self.head.history())

    def content(self, path: str, revision: str = "main") -> bytes:
        """Return a file's bytes."""
        return self.at(revision).file(path).data

    def at(self, revision: str) -> Commit:
        """Return the commit that a branch, a tag or seven or more digits of its name mean.

        Raises:
            HubError: It means none.
        """
        named = self.branches | self.tags
        if revision in named:
            return named[revision]
        if _COMMIT.fullmatch(revision):
            known = (commit for tip in named.values() for commit in tip.history())
            for commit in known:
                if commit.oid.startswith(revision):
                    return commit
        raise no_revision(revision)

    def commit(self, branch: str, files: Files, title: str, description: str) -> Commit:
        """Put a new snapshot at the end of a branch.

        Raises:
            HubError: There is no such branch.
        """
        if branch not in self.branches:
            raise no_revision(branch)
        commit = Commit(files, title, description, self.branches[branch])
        self.branches[branch] = commit
        return commit


@dataclass
class Storage:
    """The Hub's whole storage.

    Attributes:
        repositories: Kind and `owner/name` to repository.
        objects: SHA-256 to the bytes of an uploaded large file.
    """

    repositories: dict[tuple[str, str], Repository] = field(default_factory=dict)
    objects: dict[str, bytes] = field(default_factory=dict)

    def create(self, kind: Kind, owner: str, name: str, *, private: bool, sdk: str) -> Repository:
        """Create a repository with the Hub's own first commit."""
        files = {".gitattributes": Blob(_GIT_ATTRIBUTES, lfs=False)}
        if kind == "space":
            card = f"---\ntitle: {name}\nsdk: {sdk}\n---\n"
            files["README.md"] = Blob(card.encode(), lfs=False)
        first = Commit(files, "initial commit", "", None)
        space = Space(host=f"https://{owner}-{name}.hf.space".lower())
        repository = Repository(kind, owner, name, private, {"main": first}, space)
        self.repositories[kind, repository.id] = repository
        return repository

    def large(self, sha256: str) -> Blob:
        """Return an uploaded large file.

        Raises:
            HubError: It was not uploaded.
        """
        if sha256 not in self.objects:
            raise HubError(400, f"LFS pointer pointed to a file that does not exist: {sha256}")
        return Blob(self.objects[sha256], lfs=True)


# As on the Hub, files with these names are large files whatever their size.
_LARGE = (
    *("7z", "arrow", "bin", "ckpt", "gz", "h5", "npy", "npz", "onnx", "parquet", "pb", "pickle"),
    *("pkl", "pt", "pth", "safetensors", "tar", "tflite", "xz", "zip"),
)
_GIT_ATTRIBUTES = "".join(
    f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in _LARGE
).encode()
