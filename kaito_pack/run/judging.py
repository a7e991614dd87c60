"""Runs every layer that judges a manifest, in the order in which a cluster would report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from kaito_pack.base.masking import masked
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, ModeFacts, ValuesMap, get, mapping, sequence, text
from kaito_pack.facts.tables import per_pack
from kaito_pack.kaito import advice, canonical, controller, crd, instance_types, webhook
from kaito_pack.kaito.config_maps import find_config_map, inference_config
from kaito_pack.kaito.fields import CONTAINERS, TEMPLATE, Workspace, is_workspace, wrapper_of
from kaito_pack.kaito.pods import with_controller
from kaito_pack.kaito.target import Surroundings, Target
from kaito_pack.kaito.template import check_template
from kaito_pack.kaito.webhook_settings import MAX_MODEL_LEN, judges_length
from kaito_pack.kubernetes.objects.kinds import check_builtin, is_builtin
from kaito_pack.kubernetes.objects.objects import check_object
from kaito_pack.kubernetes.pods.pod import check_pod_template
from kaito_pack.models import checks as models
from kaito_pack.models.access import check_access, check_preset_access
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.gguf import check_gguf
from kaito_pack.models.gguf_files import check_gguf_file, check_served_file
from kaito_pack.models.images import preset_vllm
from kaito_pack.models.quantization import check_quantization, quantization_of
from kaito_pack.models.serving import ServedWorkspace
from kaito_pack.models.slices import slice_of_values, slice_of_workspace
from kaito_pack.models.tasks import check_task
from kaito_pack.models.weights import check_weights
from kaito_pack.run.other_kinds import check_other_kind
from kaito_pack.values.meanings import is_extended, named_values
from kaito_pack.workspace import read_workspace
from kaito_pack.workspace.engines import checks_models
from kaito_pack.workspace.inference_sets import child_of, is_inference_set


def check(
    body: Manifest, surroundings: Surroundings, with_model: bool = True, is_rendered: bool = False
) -> list[Problem] | None:
    """Return all problems of one manifest, not yet located; None for an unknown kind.

    No problem shows a value that is a secret by its place in the manifest, or in the stored one. `with_model`
    False omits vLLM's reports on the model, if the values were already checked. `is_rendered`: the manifest
    comes from values, which determine the kind of the model.
    """
    problems = _check(body, surroundings, with_model, is_rendered)
    return problems and masked(problems, body, surroundings.old)


def _check(
    body: Manifest, surroundings: Surroundings, with_model: bool, is_rendered: bool
) -> list[Problem] | None:
    if is_workspace(body):
        served = _check_server(body, surroundings, with_model, is_rendered)
        return [*_check_workspace(body, surroundings), *served]
    if is_inference_set(body):
        from kaito_pack.kaito import inference_sets

        around = surroundings.with_old(None)
        served = _check_server(child_of(body), around, with_model, is_rendered)
        problems = with_places(inference_sets.check(body, surroundings), body, surroundings.target.kaito)
        return [*problems, *inference_sets.in_set(served)]
    kubernetes = surroundings.target.kubernetes
    if not is_builtin(body, kubernetes):
        return check_other_kind(body, surroundings.target)
    return list(surroundings.problems("builtin", body, lambda: _check_builtin(body, kubernetes)))


def _check_builtin(body: Manifest, kubernetes: str) -> list[Problem]:
    """Return the problems of an object of a built-in kind."""
    builtin = check_builtin(body, kubernetes) or []
    validated = list(with_controller(check_object(body, kubernetes)))
    # Validation knows more than the decoder: the purpose of a field, and whether a value is a Secret's.
    validated_paths = {each.path for each in validated}
    return [each for each in builtin if each.path not in validated_paths] + validated


def _check_server(
    workspace: Manifest, surroundings: Surroundings, with_model: bool, is_rendered: bool
) -> Iterator[Problem]:
    """Yield the problems that the server reports for its model; the arguments are those of `check`."""
    share, served = surroundings.problems, ServedWorkspace(workspace)
    if with_model or is_rendered:
        yield from share("weights", workspace, lambda: _check_weights(served, surroundings))
    if with_model:
        yield from share("model", workspace, lambda: _check_model(served, surroundings))
        if not is_rendered:
            target = surroundings.target
            yield from check_served_file(served, catalogue(target.catalogues))
            # The KAITO version determines the suggestion in the message, not whether there is a problem.
            yield from surroundings.silent("kind", workspace, lambda: _check_kind(served, target))


def _check_workspace(body: Manifest, surroundings: Surroundings) -> Iterator[Problem]:
    target = surroundings.target
    if (wrapper := wrapper_of(body)) is not None:
        yield from _check_wrapped(body, wrapper, surroundings)
        return
    kaito, kubernetes = target.kaito, target.kubernetes
    # Versions that share a CRD or a Kubernetes API differ only in their messages.
    same_crd, same_api = ("crd", crd.schema_name(kaito)), ("api", crd.kubernetes_api(kaito))
    yield from with_places(surroundings.silent(same_crd, body, lambda: crd.check(body, kaito)), body, kaito)
    decoded = surroundings.silent(same_api, body, lambda: check_template(body, kaito, kubernetes))
    yield from with_places(decoded, body, kaito)
    yield from webhook.check(body, surroundings)
    template = get(body, TEMPLATE)
    if isinstance(template, Mapping):
        yield from surroundings.problems(
            "pod", body, lambda: with_controller(check_pod_template(template, TEMPLATE, kubernetes))
        )
    yield from controller.check(body, surroundings)
    form = ("canonical", canonical.form_of(kaito))
    yield from surroundings.problems(form, body, lambda: canonical.check(body, kaito))
    yield from advice.check(body, surroundings)


def _check_wrapped(body: Manifest, wrapper: str, surroundings: Surroundings) -> Iterator[Problem]:
    """Yield the problems of a Workspace whose fields are inside a `spec`, as if they were one level up."""
    kaito, inner = surroundings.target.kaito, mapping(body[wrapper])
    refused = [each for each in crd.check(body, kaito) if each.path == (wrapper,)]
    yield from with_places(refused, body, kaito)
    moved = {key: value for key, value in inner.items() if key not in body}
    lifted = {key: value for key, value in body.items() if key != wrapper} | moved
    for each in _check_workspace(lifted, surroundings):
        is_inside = bool(each.path) and each.path[0] in moved
        yield each._replace(path=(wrapper, *each.path)) if is_inside else each


def with_places(problems: Iterable[Problem], body: Manifest, kaito: str) -> Iterator[Problem]:
    """Yield the problems of a Workspace; for an unknown field, the fix names the place where it belongs."""
    for each in problems:
        if each.rule.endswith("/unknown-field"):
            from kaito_pack.kaito.misplaced import with_place

            each = with_place(each, body, kaito)
        yield each


def _check_model(served: ServedWorkspace, surroundings: Surroundings) -> Iterator[Problem]:
    target, body, workspace = surroundings.target, served.manifest, Workspace(served.manifest)
    if workspace.has_preset and workspace.has_inference and workspace.runs_vllm:
        known = catalogue(target.catalogues)
        name = workspace.inference.get("config")
        config_map = find_config_map(name, workspace, surroundings) if isinstance(name, str) else None
        settings = (inference_config(config_map) if config_map is not None else None) or {}
        path: FieldPath = ("inference", "config")
        is_update = surroundings.old is not None
        if judges_length(workspace.preset, target.kaito, workspace.api, is_update):
            settings.pop(MAX_MODEL_LEN, None)  # the webhook rejects it before vLLM reads it
        yield from models.check_settings(workspace.preset, settings, known, path)
        yield from _check_settings(settings, target, lambda _: ("inference", "config"))
        path = ("inference", "preset")
        yield from check_preset_access(body, workspace.preset, known, target.kaito, path)
    memory, gpus = gpu_memory(target, get(body, ("resource", "instanceType")), slice_of_workspace(body))
    yield from models.check_workspace(served, catalogue(target.catalogues), memory, gpus)
    from kaito_pack.models.remote_code import check_remote_code
    from kaito_pack.models.server_checks import check_servers

    yield from check_servers(body)
    yield from check_remote_code(body, catalogue(target.catalogues))


def _check_settings(
    settings: Mapping[str, object], target: Target, path_of: Callable[[str], FieldPath]
) -> Iterator[Problem]:
    """Yield the problems of a preset's settings as arguments of the vLLM that runs it."""
    if settings:
        from kaito_pack.models.setting_checks import check_setting_arguments

        yield from check_setting_arguments(settings, preset_vllm(target.kaito), path_of)


def _check_weights(served: ServedWorkspace, surroundings: Surroundings) -> Iterator[Problem]:
    target, body, view = surroundings.target, served.manifest, served.view
    known = catalogue(target.catalogues)
    yield from check_weights(body, view, known, surroundings)
    instance_type = get(body, ("resource", "instanceType"))
    yield from check_gguf(body, view, known, gpu_memory(target, instance_type, slice_of_workspace(body))[0])


def _check_kind(served: ServedWorkspace, target: Target) -> Iterator[Problem]:
    """Yield problems that the model's name in a foreign Workspace shows: quantized, or not for text."""
    serving = served.serving
    if serving is None or not serving.model_id:
        return
    known, path = catalogue(target.catalogues), serving.path("server")
    image, kaito = serving.image, target.kaito
    yield from check_quantization(serving.model_id, path, known, image, kaito, is_allowed=True)
    yield from check_task(serving.model_id, path, known)


def _check_kind_of_values(
    values: ValuesMap, names: Mapping[str, str], known: Catalogue, image: str, target: Target
) -> Iterator[Problem]:
    model_id = text(values.get(names["model"]))
    if model_id and quantization_of(model_id, known) is not None:
        kaito = target.kaito  # read for quantized models only: other reports do not depend on it
        is_allowed = values.get(names["quantization"]) == "allow"
        yield from check_quantization(model_id, (names["model"],), known, image, kaito, is_allowed)


def _check_file_of_values(
    values: ValuesMap, names: Mapping[str, str], workspace: Manifest, target: Target
) -> Iterator[Problem]:
    """Yield the problems of the GGUF file in values; of memory only if the image contains the file."""
    file = text(values.get(names["file"]))
    if not file:
        return
    known, revision = catalogue(target.catalogues), text(values.get(names["revision"])) or None
    yield from check_gguf_file(file, text(values.get(names["model"])), known, (names["file"],), revision)
    view = read_workspace(workspace)
    if not view.gguf_file:
        memory = gpu_memory_of_values(target, values)[0]
        for each in check_gguf(workspace, view._replace(gguf_file=file), known, memory):
            resource = "memory" if "memory" in each.path else "gpu"
            yield each._replace(path=("resources", resource))


def check_model_of_values(
    values: ValuesMap,
    mode: ModeFacts,
    workspace: Manifest,
    target: Target,
    with_advice: bool = True,
) -> Iterator[Problem]:
    """Yield vLLM's problems with the model that filled `values` name; none if `mode` has another engine.

    If the user has added arguments or changed the pod template, the values do not show the server's
    arguments. Then `check` judges the Workspace, and this function only what the values alone determine.
    """
    known, names = catalogue(target.catalogues), named_values(mode)
    model_path = (names["model"],)
    if model_id := text(values.get(names["model"])):
        yield from check_task(model_id, model_path, known)
    if not checks_models(mode.get("engine")):
        yield from _check_file_of_values(values, names, workspace, target)
        return
    yield from models.check_stages(values, mode)
    if (name := mode.get("settingsValue")) and isinstance(settings := values.get(name), Mapping):
        preset = str(get(workspace, ("inference", "preset", "name")))
        if judges_length(preset, target.kaito):  # in the manifest that the values render to
            settings = {key: value for key, value in settings.items() if key != MAX_MODEL_LEN}
        yield from models.check_settings(preset, settings, known, (name, MAX_MODEL_LEN))
        arguments = _check_settings(settings, target, lambda key: (name, key))
        yield from (each for each in arguments if with_advice or each.layer != "advice")
    if preset := text(get(workspace, ("inference", "preset", "name"))):
        yield from check_preset_access(workspace, preset, known, target.kaito, ("preset",))
    containers = sequence(get(workspace, CONTAINERS))
    if not containers:
        return
    image = text(mapping(containers[0]).get("image"))
    yield from _check_kind_of_values(values, names, known, image, target)
    if not is_extended(values, mode):
        if with_advice:
            from kaito_pack.models.remote_code import check_remote_code
            from kaito_pack.models.server_checks import check_image

            yield from check_image(image, (names["image"],))
            code = check_remote_code(workspace, known)
            yield from (warning._replace(path=model_path) for warning in code)
        memory, gpus = gpu_memory_of_values(target, values)
        yield from models.check_values(values, known, image, memory, gpus, mode)
        yield from (each._replace(path=model_path) for each in check_access(workspace, known))


def _memory_of_nodes(target: Target) -> float | None:
    """Return the memory of one GPU in GiB if it is the same on all existing nodes of the target."""
    sizes = {nodes.gpu_memory_gib for nodes in target.nodes or () if nodes.gpus and nodes.gpu_memory_gib}
    return sizes.pop() if len(sizes) == 1 else None


def gpu_memory_of_values(target: Target, values: ValuesMap) -> tuple[float | None, int | None]:
    """Return the memory of one GPU, or MIG slice, in GiB for filled values, and the GPUs of one node."""
    return gpu_memory(target, values.get(named_values()["instanceType"]), slice_of_values(values))


def gpu_memory(
    target: Target, instance_type: object, slice_gib: float | None = None
) -> tuple[float | None, int | None]:
    """Return the memory of one GPU in GiB and the GPUs of one node, each None if unknown.

    `slice_gib` is the memory of the MIG slice that replaces the GPU, None for whole GPUs.
    """
    if slice_gib is not None:
        return slice_gib, 1  # vLLM sees one slice, however many there are
    instance = instance_types.find(target.cloud, instance_type) if isinstance(instance_type, str) else None
    if instance is None:
        return target.gpu_memory_gib or _memory_of_nodes(target), None
    return instance.gpu_memory_gib, instance.gpus


@per_pack
def catalogue(files: tuple[str, ...]) -> Catalogue:
    """Return the pack's catalogue of models with those of `files` laid over it, read once per process."""
    return Catalogue.open(files)
