"""Finds where models can run: checks each values file on each cluster or instance type of a cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.sentences import sentence
from kaito_pack.base.trees import Manifest, get, mapping, text
from kaito_pack.facts.rules import get_rule
from kaito_pack.kaito import instance_types
from kaito_pack.kaito.fields import is_workspace
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.fit import Fit, fit_of
from kaito_pack.models.gguf import gguf_model, memory_of
from kaito_pack.models.model import MOST_GPUS, Model
from kaito_pack.models.serving import Serving, serving_of_workspace
from kaito_pack.models.vllm_arguments import gpu_limit
from kaito_pack.run import judging
from kaito_pack.run.judgement import Judgement, Verdict
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.scope import Scope
from kaito_pack.values.meanings import named_values
from kaito_pack.workspace import read_workspace
from kaito_pack.workspace.inference_sets import is_inference_set, workspace_of

MEMORY = "model/memory"
# Warnings that mean that a model cannot run or does not generate text.
STOPS = (MEMORY, "model/unknown-architecture", "model/not-text-generation")
SAME_NAME = "values/same-workspace"
SHARED = 0.9  # share of GPU memory that llama.cpp may use


class Cell(NamedTuple):
    """One values file on one cluster.

    `fits` is None if it cannot be computed. `left_gib` is the free memory of one GPU in GiB, negative if the
    model does not fit. `longest` is the longest context in tokens. `image_knows`: the vLLM in the image
    supports the architecture, None if unknown. `reasons` explain bad verdicts and other failures.
    """

    column: str
    verdict: Verdict
    fits: bool | None = None
    left_gib: float | None = None
    longest: int | None = None
    gpus: int | None = None
    instance_type: str | None = None
    image_knows: bool | None = None
    reasons: tuple[str, ...] = ()

    @property
    def is_good(self) -> bool:
        """Whether the model can run on the cluster, as far as is known."""
        if self.verdict == "skipped":
            return True
        return self.verdict == "accepted" and self.fits is not False and self.image_knows is not False


class Row(NamedTuple):
    """One values file: the name of its Workspace, its model, and a cell per column."""

    file: str
    name: str
    model: str
    cells: tuple[Cell, ...]
    unread: str | None = None


def rows_by_cluster(columns: Sequence[tuple[str, Scope, Sequence[str]]]) -> list[Row]:
    """Return a row per values file with a cell per cluster; `columns` are name, scope and files."""
    rows: dict[str, Row] = {}
    for name, scope, files in columns:
        for judgement in _judgements(scope, files):
            row = rows.get(judgement.file) or _row(judgement)
            cells = (*row.cells, cell_of(name, judgement, scope))
            rows[judgement.file] = row._replace(cells=cells, model=row.model or _model(judgement))
    return _distinct(
        row._replace(cells=_aligned(row.cells, [name for name, _, _ in columns])) for row in rows.values()
    )


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Return the rows; variants of a deployment, which share its name, get their file names."""
    listed = list(rows)
    counts = Counter(row.name for row in listed)
    return [row._replace(name=row.file) if counts[row.name] > 1 else row for row in listed]


def _judgements(scope: Scope, files: Sequence[str]) -> Iterator[Judgement]:
    """Yield the judgements of values files, each rendered alone because a grid compares variants."""
    for judgement in Pipeline(*scope).run(files):
        judgement.own[:] = [each for each in judgement.own if each.rule != SAME_NAME]
        yield judgement


def _aligned(cells: Sequence[Cell], columns: Sequence[str]) -> tuple[Cell, ...]:
    """Return a cell for every column, because a values file may not be for all clusters of a fleet."""
    by_column = {cell.column: cell for cell in cells}
    return tuple(by_column.get(column, Cell(column, "skipped")) for column in columns)


def _row(judgement: Judgement) -> Row:
    name = str(judgement.values.filled["name"]) if judgement.values else judgement.file
    return Row(judgement.file, name, "", (), judgement.unread)


def _model(judgement: Judgement) -> str:
    workspace = _workspace(judgement)
    if workspace is None:
        return ""
    view = read_workspace(workspace)
    return view.model_id or view.preset or ""


def _workspace(judgement: Judgement) -> Manifest | None:
    bodies = (entry.body for entry in judgement.objects if entry.body is not None)
    serving = (workspace_of(body) for body in bodies if is_workspace(body) or is_inference_set(body))
    return next(serving, None)


def cell_of(column: str, judgement: Judgement, scope: Scope) -> Cell:
    """Return the cell for one values file on one cluster."""
    entries = list(judgement.entries())
    order: tuple[Verdict, ...] = ("refused", "undecidable", "accepted")
    verdicts = {entry.verdict for entry in entries}
    has_error = any(problem.is_error for problem in judgement.problems)
    first: Verdict = next((word for word in order if word in verdicts), "refused")
    verdict: Verdict = "refused" if has_error else first
    cell = Cell(column, verdict, reasons=tuple(_reasons(judgement.problems)))
    workspace = _workspace(judgement)
    if workspace is None or judgement.values is None:
        return cell
    instance_type = text(judgement.values.filled.get(named_values()["instanceType"])) or None
    memory, most = judging.gpu_memory_of_values(scope.target, judgement.values.filled)
    known = judging.catalogue(scope.target.catalogues)
    return _with_fit(cell._replace(instance_type=instance_type), workspace, known, memory, most)


def _reasons(problems: Sequence[Problem]) -> Iterator[str]:
    """Yield the reasons why values are not accepted or do not run, each once."""
    severities = ("error", "undecidable")
    blocking = [each for each in problems if each.severity in severities or each.rule in STOPS]
    yield from dict.fromkeys(" ".join(filter(None, map(sentence, (p.message, p.fix)))) for p in blocking)


def _with_fit(
    cell: Cell, workspace: Manifest, catalogue: Catalogue, memory: float | None, most: int | None
) -> Cell:
    """Return a cell, extended by how the model fits the memory of the GPUs."""
    serving = serving_of_workspace(workspace)
    if serving is None:
        serving = preset_serving(workspace, catalogue, most)
    if serving is None or not serving.model_id:
        return _with_gguf(cell, workspace, catalogue, memory)
    cell = cell._replace(gpus=serving.gpu_count or serving.tensor_parallel_size)
    model = catalogue.find(serving.model_id)
    if model is None:
        return cell
    cell = cell._replace(image_knows=image_knows(serving, model, catalogue))
    fit = fit_of(serving, model, memory, most) if memory else None
    return cell if fit is None else _fitted(cell, fit)


def _fitted(cell: Cell, fit: Fit) -> Cell:
    budget = fit.budget
    fits = None if budget.is_upper_bound and not budget.fits and not budget.cannot_fit else budget.fits
    return cell._replace(fits=fits, left_gib=round(budget.left_gib, 1), longest=fit.longest or None)


def _with_gguf(cell: Cell, workspace: Manifest, catalogue: Catalogue, memory: float | None) -> Cell:
    """Return the cell for a GGUF model; all GPUs of the pod share its weights."""
    view = read_workspace(workspace)
    model = gguf_model(workspace, view, catalogue)
    gpus = gpu_limit(mapping(get(workspace, view.container)), view.container)[0] if view.container else None
    cell = cell._replace(gpus=gpus or None)
    if model is None:
        return cell
    if not gpus:
        room = memory_of(model)
        left = room[0] - model.needed_gib if room else None
        return cell if left is None else cell._replace(fits=left >= 0, left_gib=round(left, 1))
    if not memory:
        return cell
    left = memory * gpus * SHARED - model.needed_gib
    return cell._replace(fits=left >= 0, left_gib=round(left / gpus, 1))


def preset_serving(workspace: Manifest, catalogue: Catalogue, gpus: int | None) -> Serving | None:
    """Return the vLLM server that KAITO creates for a preset on all GPUs of a node; None if not a preset."""
    preset = read_workspace(workspace).preset
    model = catalogue.find_preset(preset) if preset else None
    if model is None:
        return None
    utilization = get_rule(MEMORY).parameters["presetUtilization"]
    return Serving(
        model.model_id, None, tensor_parallel_size=gpus or 1, gpu_count=gpus, utilization=utilization
    )


def image_knows(serving: Serving, model: Model, catalogue: Catalogue) -> bool | None:
    """Return whether the vLLM in the image supports one of the model's architectures; None if unknown."""
    answers = [catalogue.image_knows(serving.image or "", name) for name in model.architectures]
    known = [answer for answer in answers if answer is not None]
    return any(known) if known else None


def rows_by_instance_type(files: Sequence[str], scope: Scope) -> tuple[list[str], list[Row]]:
    """Return the instance types of the target's cloud by total GPU memory, and a row per values file.

    The values are checked once, without an instance type. Each cell shows whether a node of that type holds
    the model, on the smallest sufficient number of its GPUs.
    """
    target = scope.target
    names = instance_types.names(target.cloud, target.kaito)
    types = [each for each in (instance_types.find(target.cloud, name) for name in names) if each]
    types.sort(key=lambda each: (each.gpus * each.gpu_memory_gib, each.gpus, each.name))
    known = judging.catalogue(target.catalogues)
    rows = []
    for judgement in _judgements(scope, files):
        row, workspace = _row(judgement)._replace(model=_model(judgement)), _workspace(judgement)
        cells = [_cell_of_type(each, workspace, known) for each in types] if workspace else []
        rows.append(row._replace(cells=tuple(cells)))
    return [each.name for each in types], _distinct(rows)


def _cell_of_type(instance: instance_types.InstanceType, workspace: Manifest, catalogue: Catalogue) -> Cell:
    """Return the cell for a node of an instance type: whether it holds the model, on the fewest GPUs."""
    empty = Cell(instance.name, "accepted", instance_type=instance.name)
    serving = serving_of_workspace(workspace)
    if serving is None:
        serving = preset_serving(workspace, catalogue, instance.gpus)
    if serving is None or not serving.model_id:
        return _with_gguf(empty, workspace, catalogue, instance.gpu_memory_gib)
    model = catalogue.find(serving.model_id)
    if model is None:
        return empty
    empty = empty._replace(image_knows=image_knows(serving, model, catalogue))
    most = min(instance.gpus, MOST_GPUS)
    answer = fit_of(serving, model, instance.gpu_memory_gib, most)
    if answer is None:
        return empty
    fewest = next(iter(answer.gpu_counts), None)
    if fewest is None:
        return empty._replace(fits=None if answer.budget.is_upper_bound else False, gpus=most)
    size = fewest // answer.budget.stages
    chosen = serving._replace(tensor_parallel_size=size, gpu_count=fewest)
    fit = fit_of(chosen, model, instance.gpu_memory_gib, most)
    return _fitted(empty._replace(gpus=fewest), fit) if fit else empty
