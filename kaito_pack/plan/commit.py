"""Extracts the YAML and JSON files of git repositories at a commit into a temporary folder.

git reads them with a separate index, so the working tree and the user's index stay unchanged.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import UsageError, reason_of
from kaito_pack.run.sources import SUFFIXES


@contextmanager
def files_at(ref: str) -> Iterator[Commit]:
    """Yield the files at `ref`; they exist until the context ends."""
    with TemporaryDirectory(prefix="kaito-pack-") as folder:
        yield Commit(ref, os.path.realpath(folder))


class Commit:
    """The files of a commit, by their paths in the working tree."""

    def __init__(self, ref: str, folder: str) -> None:
        self.ref, self._folder = ref, folder
        self._repositories: dict[str, str] = {}
        self._places: dict[str, tuple[str, str]] = {}

    def path(self, path: str) -> str:
        """Return the path of `path` at the commit, which may not exist. UsageError outside a repository."""
        folder = path
        names: list[str] = []
        while folder and not os.path.isdir(folder):  # a folder that no longer exists is below one that does
            folder, name = os.path.split(folder)
            names.insert(0, name)
        top, prefix = self._place(folder or ".")
        if top not in self._repositories:
            self._repositories[top] = self._exported(top)
        return os.path.normpath(os.path.join(self._repositories[top], prefix, *names))

    def name(self, path: str) -> str:
        """Return the path of a file of the commit as git writes it: `main:models/llama.yaml`."""
        below = os.path.relpath(path, self._folder).split(os.sep, 1)[-1]
        return f"{self.ref}:{below}"

    def has(self, path: str) -> bool:
        """Return whether `path` is in a repository; layers outside one are used unchanged."""
        try:
            self._place(os.path.dirname(path) or ".")
        except UsageError:
            return False
        return True

    def _place(self, folder: str) -> tuple[str, str]:
        """Return the repository of a folder, and the folder's path in it."""
        if folder not in self._places:
            lines = self._git(folder, "rev-parse", "--show-toplevel", "--show-prefix").splitlines()
            self._places[folder] = lines[0], lines[1] if len(lines) > 1 else ""
        return self._places[folder]

    def _exported(self, top: str) -> str:
        revision = f"{self.ref}^{{commit}}"
        commit = self._git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", revision).strip()
        folder = os.path.join(self._folder, str(len(self._repositories)))
        index = {"GIT_INDEX_FILE": f"{folder}.index"}
        self._git(top, "read-tree", commit, variables=index)
        globs = [f":(glob,icase)**/*{suffix}" for suffix in SUFFIXES]
        names = self._git(top, "ls-files", "-z", "--", *globs, variables=index)
        prefix = f"--prefix={folder}/"
        self._git(top, "checkout-index", "--quiet", "-z", "--stdin", prefix, variables=index, stdin=names)
        os.makedirs(folder, exist_ok=True)  # even if the commit has no such file
        return folder

    def _git(
        self, folder: str, *arguments: str, variables: dict[str, str] | None = None, stdin: str = ""
    ) -> str:
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=folder,
                env={**os.environ, **_where_git_is(), **(variables or {})},
                input=os.fsencode(stdin),
                capture_output=True,
                check=False,
            )
        except OSError as error:
            raise UsageError(f"--against needs git: {reason_of(error)}") from None
        if done.returncode:
            raise UsageError(f"--against: {self._reason(folder, arguments, os.fsdecode(done.stderr))}")
        return os.fsdecode(done.stdout)

    def _reason(self, folder: str, arguments: Sequence[str], output: str) -> str:
        if "--verify" in arguments:
            return f"{shown(self.ref)} is not a commit of this repository"
        return f"{escaped(folder)}: {escaped(' '.join(output.split())) or 'git failed'}"


def _where_git_is() -> dict[str, str]:
    """Return the variables of a git hook that name its repository, as absolute paths."""
    if "GIT_DIR" not in os.environ:
        return {}
    named = {"GIT_WORK_TREE": ".", **os.environ}
    return {name: os.path.abspath(named[name]) for name in ("GIT_DIR", "GIT_WORK_TREE")}
