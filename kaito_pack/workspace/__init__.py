"""Extracts the name, model, engine, replicas and endpoint of any Workspace."""

from __future__ import annotations

from collections.abc import Mapping

from kaito_pack.base.paths import FieldPath
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields, Manifest, mapping, text
from kaito_pack.facts.tables import table
from kaito_pack.workspace.engines import engine
from kaito_pack.workspace.inference_sets import child_of, is_inference_set, path_in_set
from kaito_pack.workspace.labels import RUNTIME_ANNOTATION
from kaito_pack.workspace.served_model import ServedModel, served_model

KAITO_SERVICE_PORT = 80  # KAITO's own Service <workspace>:80, hard-coded to the pod's port 5000
KAITO_TARGET_PORT = 5000


class WorkspaceView(NamedTuple):
    """The facts of a Workspace that its readers need; None for a fact that is not in the object.

    `model_id` is a Hugging Face id, an image, a URL or a preset's name; `gguf_file` the file in that
    repository; `engine` a row of the table of engines; `desired` the number of replicas; `endpoint`
    `<Service>:<port>`, derived from the spec only; `container` the path of the container that runs the model;
    `port` the model's port in its pod.
    """

    name: str | None
    namespace: str | None
    model_id: str | None
    gguf_file: str | None
    engine: str | None
    desired: int
    endpoint: str | None
    is_tuning: bool
    preset: str | None = None
    served_model_name: str | None = None
    container: FieldPath | None = None
    port: int | None = None
    image: str | None = None


def read_workspace(
    manifest: object,
    served_names: Mapping[str, str] | None = None,
    service_suffixes: Mapping[str, str] | None = None,
) -> WorkspaceView:
    """Read a Workspace or InferenceSet of any shape, v1alpha1 or v1beta1. Never raises.

    `served_names` maps `<model>:<tag>` of a premade image to the name in its API; `service_suffixes` maps an
    engine to the suffix of the pack's Service (default: `-<engine>`).
    """
    whole = mapping(manifest)
    if is_inference_set(whole):
        return _read_set(whole, served_names, service_suffixes)
    inference, tuning = mapping(whole.get("inference")), mapping(whole.get("tuning"))
    is_tuning = whole.get("inference") is None
    work, section = (tuning, "tuning") if is_tuning else (inference, "inference")
    preset = text(mapping(work.get("preset")).get("name")) or None
    if preset:
        model, container, image = _preset_model(whole, preset, is_tuning), None, None
    else:
        model, container, image = _template_model(work, section)
    metadata = mapping(whole.get("metadata"))
    name = text(metadata.get("name")) or None
    premade = (image or "").rpartition("/")[2].partition("@")[0]
    suffix = (service_suffixes or {}).get(model.engine or "", f"-{model.engine}")
    return WorkspaceView(
        name=name,
        namespace=text(metadata.get("namespace")) or None,
        model_id=model.model_id,
        gguf_file=model.gguf_file,
        engine=None if is_tuning else model.engine,
        desired=desired_replicas(whole),
        endpoint=None if is_tuning or not name else _endpoint(name, model, preset, suffix),
        is_tuning=is_tuning,
        preset=preset,
        served_model_name=model.served_name or (served_names or {}).get(premade),
        container=container,
        port=model.port,
        image=image,
    )


def _read_set(
    inference_set: Manifest,
    served_names: Mapping[str, str] | None,
    service_suffixes: Mapping[str, str] | None,
) -> WorkspaceView:
    """Read an InferenceSet: the model of its Workspaces, behind the pack's Service for all of them."""
    view = read_workspace(child_of(inference_set), served_names, service_suffixes)
    metadata = mapping(inference_set.get("metadata"))
    name = text(metadata.get("name")) or None
    suffix = (service_suffixes or {}).get(view.engine or "", f"-{view.engine}")
    port = KAITO_TARGET_PORT if view.preset else view.port or engine(view.engine).get("port")
    return view._replace(
        name=name,
        desired=set_replicas(inference_set),
        endpoint=f"{name}{suffix}:{port}" if name and view.engine and port else None,
        container=None if view.container is None else path_in_set(view.container),
    )


def set_replicas(inference_set: Manifest) -> int:
    """Return `spec.replicas` of an InferenceSet, 1 by default; 0 is valid."""
    replicas = mapping(inference_set.get("spec")).get("replicas")
    is_number = isinstance(replicas, int) and not isinstance(replicas, bool) and replicas >= 0
    return int(replicas or 0) if is_number else 1


def desired_replicas(workspace: Manifest) -> int:
    """Return `status.targetNodeCount`, else `resource.count`; 1 if neither is a count (0 is 1 for KAITO)."""
    for count in (
        mapping(workspace.get("status")).get("targetNodeCount"),
        mapping(workspace.get("resource")).get("count"),
    ):
        if isinstance(count, int) and not isinstance(count, bool) and count > 0:
            return count
    return 1


def _preset_model(workspace: Manifest, preset: str, is_tuning: bool) -> ServedModel:
    annotations = mapping(mapping(workspace.get("metadata")).get("annotations"))
    servers = table("kaito/servers.json")
    has_engine = not is_tuning and annotations.get(RUNTIME_ANNOTATION) not in servers["runtimesWithoutEngine"]
    # KAITO serves a preset under its short name. For a Hub id, the Workspace does not show the name.
    served = None if "/" in preset or is_tuning else preset
    engine_name = servers["presetEngine"] if has_engine else None
    return ServedModel(engine_name, preset, None, served, KAITO_TARGET_PORT)


def _template_model(work: Fields, section: str) -> tuple[ServedModel, FieldPath | None, str | None]:
    containers = mapping(mapping(work.get("template")).get("spec")).get("containers")
    best, where, image = ServedModel(), None, None
    for position, container in enumerate(containers if isinstance(containers, list) else []):
        model = served_model(mapping(container))
        if where is None or model.rank > best.rank:
            best, image = model, text(mapping(container).get("image")) or None
            where = position
    path: FieldPath | None = None if where is None else (section, "template", "spec", "containers", where)
    return best, path, image


def _endpoint(name: str, model: ServedModel, preset: str | None, suffix: str) -> str | None:
    port = engine(model.engine).get("port")
    if preset or KAITO_TARGET_PORT in (port, model.port):
        return f"{name}:{KAITO_SERVICE_PORT}"
    return f"{name}{suffix}:{port}" if port else None
