"""The metrics of a model: the endpoint for Prometheus, and the expressions of the key metrics.

A mode's `mode.yaml` has the endpoint; the key metrics are there or in the file of its engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Fields, Manifest, ModeFacts, mapping
from kaito_pack.facts.tables import Row
from kaito_pack.pack import Mode, Pack
from kaito_pack.workspace import WorkspaceView
from kaito_pack.workspace.engines import engine
from kaito_pack.workspace.inference_sets import CREATED_BY, is_inference_set
from kaito_pack.workspace.labels import MODE_LABEL, WORKSPACE_LABEL

WINDOW = "5m"
Match = Literal["workspace", "pod", "service"]
# The pods of a StatefulSet, and of the Deployment that KAITO up to 0.7 creates.
POD_NAMES_OF_SET = "{}-[a-z0-9]{{5}}-[0-9]+"  # pods of its Workspaces, whose names end in five characters
POD_NAMES = "{}-([0-9]+|[a-z0-9]{{5,10}}-[a-z0-9]{{5}})"


class NoMetrics(Exception):
    """An error: a Workspace has no metrics, or none that the pack knows; the message has the reason."""


@dataclass(frozen=True, slots=True)
class KeyMetric:
    """One key metric; `promql` contains $selector and $window.

    `name` is the metric as exposed, `aliases` are its names elsewhere; `panel` and `legend` are its place in
    the dashboard.
    """

    id: str
    name: str
    display_name: str
    description: str
    unit: str
    type: str
    category: str
    promql: str
    panel: str
    legend: str = ""
    aliases: tuple[str, ...] = ()

    def expression(self, selector: str, window: str = WINDOW) -> str:
        """Return the expression for the series of `selector` (label matchers, not empty), over `window`."""
        return self.promql.replace("$selector", selector).replace("$window", window)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """The metrics endpoint of one Workspace: on each pod, and through a Service."""

    path: str
    port: int
    service: str
    service_port: int
    pod_selector: Mapping[str, str]

    def url(self, namespace: str | None) -> str:
        """Return the URL for a scrape from inside the cluster, through the Service."""
        return f"http://{self.service}.{namespace or 'NAMESPACE'}.svc:{self.service_port}{self.path}"


@dataclass(frozen=True, slots=True)
class WorkspaceMetrics:
    """The metrics of one Workspace; `selector` are the label matchers of its series."""

    namespace: str | None
    workspace: str
    engine: str
    endpoint: Endpoint
    key_metrics: Sequence[KeyMetric]
    selector: str

    def as_json(self, window: str) -> dict[str, Any]:
        """Return the metrics as `metrics -o json` prints them."""
        endpoint = self.endpoint
        return {
            "namespace": self.namespace,
            "workspace": self.workspace,
            "engine": self.engine,
            "endpoint": {
                "path": endpoint.path,
                "port": endpoint.port,
                "service": {"name": endpoint.service, "port": endpoint.service_port},
                "url": endpoint.url(self.namespace),
                "podSelector": dict(endpoint.pod_selector),
            },
            "selector": self.selector,
            "metrics": [self._metric(metric, window) for metric in self.key_metrics],
        }

    def _metric(self, metric: KeyMetric, window: str) -> dict[str, Any]:
        return {
            "id": metric.id,
            "name": metric.name,
            "displayName": metric.display_name,
            "description": metric.description,
            "unit": metric.unit,
            "type": metric.type,
            "category": metric.category,
            "promql": metric.expression(self.selector, window),
            "aliases": list(metric.aliases),
        }


def key_metrics(pack: Pack, mode: Mode) -> list[KeyMetric]:
    """Return the key metrics of a mode: its own, else those of its engine or of another engine it names."""
    facts = _facts(mode)
    if "keyMetrics" in facts:
        return [_key_metric(entry) for entry in facts["keyMetrics"]]
    named = engine_facts(facts.get("keyMetricsOf", mode.facts["engine"]))
    return [_key_metric(entry) for entry in named["keyMetrics"]]


def _facts(mode: Mode) -> ModeFacts:
    facts = mode.facts.get("metrics")
    if not isinstance(facts, Mapping):
        raise PackError(f"templates/{mode.name}/mode.yaml: it has no metrics")
    return facts


def engine_facts(name: str) -> Fields:
    """Return the facts of an engine that has key metrics. Raises PackError if no file gives them."""
    facts = engine(name)
    if "keyMetrics" not in facts:
        raise PackError(f"facts/engines/{name}.yaml: has no keyMetrics. Add them there or to mode.yaml")
    return facts


def metrics_of(
    manifest: Manifest, view: WorkspaceView, pack: Pack, by: Match = "workspace"
) -> WorkspaceMetrics:
    """Return the metrics of a Workspace; `view` is what `workspace.read_workspace` reads in it.

    `by` is the label that selects its series, in addition to the namespace.

    Raises NoMetrics if it does not serve a model, or uses an engine that no mode of the pack has.
    """
    name = escaped(view.name or "")
    if not name:
        raise NoMetrics("a Workspace without a name: its series cannot be identified")
    if view.is_tuning:
        raise NoMetrics(f"Workspace {shown(view.name)} tunes a model and serves none, so it has no metrics")
    mode = _mode(manifest, view, pack)
    is_set = is_inference_set(manifest)
    endpoint = _endpoint(name, view, _facts(mode), CREATED_BY if is_set else WORKSPACE_LABEL)
    return WorkspaceMetrics(
        namespace=view.namespace,
        workspace=name,
        engine=mode.facts["engine"],
        endpoint=endpoint,
        key_metrics=key_metrics(pack, mode),
        selector=selector(view.namespace, by, name if by != "service" else endpoint.service, is_set),
    )


def selector(namespace: str | None, by: Match, name: str, is_set: bool = False) -> str:
    """Return the label matchers for the series of a Workspace, a Service, or a Workspace's pods.

    `is_set`: the name is that of an InferenceSet.
    """
    named = f"namespace={_quoted(namespace)}," if namespace else ""
    if by == "pod":
        pods = POD_NAMES_OF_SET if is_set else POD_NAMES
        return f"{named}pod=~{_quoted(pods.format(name.replace('.', '[.]')))}"
    return f"{named}{by}={_quoted(name)}"


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


def _mode(manifest: Manifest, view: WorkspaceView, pack: Pack) -> Mode:
    """Return the mode that rendered the Workspace, else one of its engine, preferably with its port."""
    labels = mapping(mapping(manifest.get("metadata")).get("labels"))
    modes = {name: pack.mode(name) for name in pack.mode_names}
    maker = modes.get(str(labels.get(MODE_LABEL)))
    if maker is not None and view.engine in (None, maker.facts["engine"]):
        return maker
    same = [mode for mode in modes.values() if mode.facts["engine"] == view.engine]
    # Two modes of one engine may differ in the port and therefore in the Service.
    for mode in sorted(same, key=lambda mode: _facts(mode)["port"] != view.port):
        return mode
    known = ", ".join(sorted({mode.facts["engine"] for mode in modes.values()}))
    reason = (
        f"its engine {view.engine} is not one of {known}"
        if view.engine
        else f"its engine is not one of {known}"
    )
    raise NoMetrics(f"Workspace {shown(view.name)}: {reason}, so its metrics are unknown")


def _endpoint(name: str, view: WorkspaceView, facts: ModeFacts, pod_label: str) -> Endpoint:
    """Return the endpoint; for a server on another port than the mode's, that of the Workspace.

    An InferenceSet has one Service for all its Workspaces, which is in its view.
    """
    port, service = facts["port"], facts["service"]
    reached = (service["name"].replace("${workspace}", name), service["port"])
    if (view.port is not None and view.port != port) or pod_label == CREATED_BY:
        port = view.port or port
        by_spec, _, by_port = (view.endpoint or "").rpartition(":")
        reached = (escaped(by_spec), int(by_port)) if by_spec else reached
    return Endpoint(facts["path"], port, *reached, pod_selector={pod_label: name})


def _key_metric(entry: Row) -> KeyMetric:
    return KeyMetric(
        id=entry["id"],
        name=entry["name"],
        display_name=entry["displayName"],
        description=entry["description"],
        unit=entry["unit"],
        type=entry["type"],
        category=entry["category"],
        promql=entry["promql"],
        panel=entry.get("panel", entry["displayName"]),
        legend=entry.get("legend", ""),
        aliases=tuple(entry.get("aliases", ())),
    )
