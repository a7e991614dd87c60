"""How to reach a model: from a workstation, from inside the cluster, and through which Service."""

from __future__ import annotations

import json
import shlex
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kaito_pack.base.display import escaped
from kaito_pack.pack import Pack
from kaito_pack.status import Status, service_exists
from kaito_pack.status.words import kubectl
from kaito_pack.workspace.engines import engine

LOCAL_PORT_OF_80 = 8080  # ports below 1024 need privileges on a workstation

WHY_BALANCED = (
    "{own} balances over the {count} replicas; KAITO's own {kaito} sends all requests to the first replica"
    " (from 0.8), even if it is not ready"
)


@dataclass(frozen=True, slots=True)
class Engines:
    """The facts of each engine in the pack's modes: suffix and port of the pack's Service, served names."""

    suffixes: Mapping[str, str]
    ports: Mapping[str, int]
    served_names: Mapping[str, str]


def engines_of(pack: Pack) -> Engines:
    """Return the engines of a pack's modes, from their `mode.yaml`."""
    # A mode without its own Service is reached through KAITO's.
    modes = [facts for name in pack.mode_names if "service" in (facts := pack.mode(name).facts)]
    # If two modes share an engine, the mode on the engine's own port takes precedence.
    modes.sort(key=lambda facts: facts["port"] == engine(facts["engine"]).get("port"))
    served: dict[str, Any] = {}
    for mode in modes:
        served |= mode.get("servedModels") or {}
    return Engines(
        suffixes={mode["engine"]: f"-{mode['service']['suffix']}" for mode in modes},
        ports={mode["engine"]: mode["port"] for mode in modes},
        served_names=served,
    )


def pack_service(status: Status, engines: Engines) -> str | None:
    """Return the pack's Service as `<name>:<port>`; None for presets, tuning and other engines."""
    engine = status.engine or ""
    if status.view.preset or engine not in engines.ports or not status.name:
        return None
    return f"{status.name}{engines.suffixes[engine]}:{engines.ports[engine]}"


def ways(status: Status, engines: Engines, services: Container[str] | None) -> Iterator[tuple[str, str]]:
    """Yield the ways to reach the model, as pairs of a label and a line to copy or read."""
    own = pack_service(status, engines)
    exists = bool(service_exists(own, services))
    if status.endpoint is None:
        yield "endpoint", "none known to this pack"
        return
    balanced = own is not None and own != status.endpoint and status.view.desired > 1
    endpoint = own if balanced and own else status.endpoint
    service, _, port = endpoint.rpartition(":")
    local = LOCAL_PORT_OF_80 if port == "80" else int(port)
    name, namespace = status.view.served_model_name, status.namespace
    yield (
        "port-forward",
        kubectl("port-forward", status.namespace, f"service/{shlex.quote(escaped(service))} {local}:{port}"),
    )
    if name is None:
        yield "model names", f"curl http://localhost:{local}/v1/models (its name is not in the Workspace)"
    yield "chat", _curl(local, name or "NAME")
    inside = f"{service}.{namespace or 'NAMESPACE'}.svc"
    yield "base URL", escaped(f"http://{inside}:{port}/v1") + " (OpenAI API, inside the cluster)"
    if balanced and own:
        yield (
            "why",
            WHY_BALANCED.format(own=escaped(own), kaito=escaped(status.endpoint), count=status.view.desired),
        )
    if own is not None and not exists:
        seen = "not read" if services is None else "not found"
        yield (
            "note",
            f"no Service of the pack is known to exist ({escaped(own)}: {seen}). Render values to create one",
        )


def _curl(port: int, model: str) -> str:
    # json.dumps escapes control characters; a token is not a name.
    body = json.dumps({"model": model, "messages": [{"role": "user", "content": "Hello"}]})
    url = f"http://localhost:{port}/v1/chat/completions"
    return f"curl {url} -H 'Content-Type: application/json' -d {shlex.quote(body)}"
