"""Checks that a cluster can run and scale an InferenceSet: its kind, its controller, KEDA, Prometheus."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, entries, get, mapping, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import in_range, problem
from kaito_pack.facts.tables import table
from kaito_pack.preflight.asking import ClusterReader
from kaito_pack.preflight.installed import CRDS, Installed, container_of_controller, served_versions
from kaito_pack.workspace.command_line import last_option, read_commands
from kaito_pack.workspace.inference_sets import is_scaled_object

CRD = "inferencesets.kaito.sh"
KEDA = "scaledobjects.keda.sh"
TRIGGERS = ("spec", "triggers")


def check(
    bodies: Sequence[Manifest], cluster: ClusterReader, kaito: Installed, asked: str, with_prometheus: bool
) -> Iterator[Problem]:
    """Yield the answers about an InferenceSet, the first of `bodies`, and its ScaledObject.

    `asked` is the KAITO minor of the target; Prometheus is checked only `with_prometheus`.
    """
    yield from _kind(bodies[0], cluster, kaito.kaito or asked)
    yield from _controller(cluster, kaito.kaito or asked)
    scalers = [body for body in bodies if is_scaled_object(body)]
    if scalers:
        yield from _keda(cluster)
    for scaler in scalers if with_prometheus else ():
        for trigger, _ in entries(get(scaler, TRIGGERS), TRIGGERS):
            if address := text(mapping(trigger.get("metadata")).get("serverAddress")):
                yield from _prometheus(address, cluster)


@rule("preflight/set-crd-missing", "preflight/set-crd-version", "preflight/set-crd-there", on="part")
def _kind(body: Manifest, cluster: ClusterReader, kaito: str) -> Iterator[Problem]:
    """Yield the answer whether the cluster serves the kind in the version of the manifest."""
    definition = cluster.object(CRDS, CRD)
    if definition is None:
        return
    served, wanted = served_versions(definition), text(body.get("apiVersion")).rpartition("/")[2]
    names = ", ".join(map(shown, served)) or "nothing"
    if not definition:
        yield problem("preflight/set-crd-missing")
    elif wanted not in served:
        yield problem("preflight/set-crd-version", served=names, wanted=wanted, kaito=kaito)
    else:
        yield problem("preflight/set-crd-there", served=names)


@rule("preflight/set-gate-off", "preflight/set-gate-on", on="part")
def _controller(cluster: ClusterReader, kaito: str) -> Iterator[Problem]:
    """Yield the answer whether KAITO's controller creates Workspaces for InferenceSets; none if unseen."""
    row = table("kaito/cluster.json")["setController"]
    controller = container_of_controller(cluster)
    if not controller:
        return
    is_on = not in_range(kaito, row["versions"])
    for command in () if is_on else read_commands(controller):
        gates = last_option(command, row["argument"]) or ""
        is_on = is_on or row["gate"] in [gate.strip() for gate in gates.split(",")]
    yield problem("preflight/set-gate-on" if is_on else "preflight/set-gate-off", kaito=kaito)


@rule("preflight/keda-missing", "preflight/keda-there", on="part")
def _keda(cluster: ClusterReader) -> Iterator[Problem]:
    definition = cluster.object(CRDS, KEDA)
    if definition is not None:
        yield problem("preflight/keda-there" if definition else "preflight/keda-missing")


@rule("preflight/prometheus-missing", "preflight/prometheus-there", "preflight/prometheus-unknown", on="part")
def _prometheus(address: str, cluster: ClusterReader) -> Iterator[Problem]:
    """Yield the answer whether the Service in the address of a Prometheus exists."""
    name, _, rest = (urlsplit(address).hostname or "").partition(".")
    namespace, _, zone = rest.partition(".")
    if not name or not namespace or zone.split(".")[0] not in ("", "svc"):
        yield problem("preflight/prometheus-unknown", address=shown(address))
        return
    service = cluster.object("services", name, namespace)
    if service is not None:
        seen = "preflight/prometheus-there" if service else "preflight/prometheus-missing"
        yield problem(seen, service=shown(name), namespace=shown(namespace))
