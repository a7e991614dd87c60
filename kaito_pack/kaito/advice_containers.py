"""Advice on the arguments of a container and on what its image supports."""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, strings, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.kaito.commands import words
from kaito_pack.kaito.ruling import Case
from kaito_pack.workspace.model_reference import HUB_HOSTS
from kaito_pack.workspace.servers import checked_servers

ENDPOINT = "HF_ENDPOINT"


@rule("advice/mirror-not-used")
def mirror_not_used(case: Case) -> Iterator[Problem]:
    """Report a Hub URL as an argument, for which the mirror in HF_ENDPOINT has no effect."""
    for path, container in case.workspace.containers():
        mirror, mirror_path = _variables(container, path).get(ENDPOINT, ("", path))
        host = mirror.partition("://")[2].partition("/")[0].lower()
        fixed = next((word for word in words(container) if _host(word) in HUB_HOSTS), None)
        if host and host not in HUB_HOSTS and fixed is not None:
            yield case.problem(*mirror_path, url=shown(fixed), mirror=shown(mirror))


def _host(word: str) -> str:
    """Return the host of an http URL; "" for any other word."""
    scheme, _, rest = word.partition("://")
    return rest.partition("/")[0].lower() if scheme in ("http", "https") else ""


def _variables(container: Fields, path: FieldPath) -> dict[str, tuple[str, FieldPath]]:
    """Return the variables that a container sets to a text, with their paths; the last of a name wins."""
    given = entries(container.get("env"), (*path, "env"))
    return {text(each.get("name")): (text(each.get("value")), (*place, "value")) for each, place in given}


@rule("advice/home-not-writable")
def home_not_writable(case: Case) -> Iterator[Problem]:
    """Report a server whose user is not in its image and has no writable home folder."""
    pod = mapping(case.workspace.pod_spec.get("securityContext"))
    volumes = {
        text(volume.get("name")): volume for volume, _ in entries(case.workspace.pod_spec.get("volumes"), ())
    }
    for path, container in case.workspace.containers():
        context = mapping(container.get("securityContext"))
        user = whole(pod.get("runAsUser") if context.get("runAsUser") is None else context["runAsUser"])
        if not user or not checked_servers(container):
            continue
        home = _variables(container, path).get("HOME", ("", path))[0]
        if not any(_is_below(home, folder) for folder in _writable(container, volumes)):
            is_own = context.get("runAsUser") is not None
            place = (*path, "securityContext") if is_own else (*path[:-2], "securityContext")
            yield case.problem(*place, "runAsUser", user=user)


def _writable(container: Fields, volumes: dict[str, Fields]) -> Iterator[str]:
    """Yield the folders of a container where a writable volume is mounted."""
    for mount, _ in entries(container.get("volumeMounts"), ()):
        kinds = {kind for kind, value in strings(volumes.get(text(mount.get("name")))) if value is not None}
        if mount.get("readOnly") is not True and not kinds & {"configMap", "secret", "image", "downwardAPI"}:
            yield text(mount.get("mountPath"))


def _is_below(path: str, folder: str) -> bool:
    return bool(path) and bool(folder) and f"{path.rstrip('/')}/".startswith(f"{folder.rstrip('/')}/")
