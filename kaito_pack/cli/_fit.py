"""`kaito-pack explain VALUES fit`: prints the memory that a model needs as a table."""

from __future__ import annotations

import click

from kaito_pack.base.display import shown
from kaito_pack.base.trees import Manifest
from kaito_pack.cli.formats.text import columns
from kaito_pack.cli.shared.output import put_outcomes
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.fit import fit_of, fit_table
from kaito_pack.models.gguf import gguf_model, gguf_table
from kaito_pack.models.serving import Serving, serving_of_workspace
from kaito_pack.models.size import size_table
from kaito_pack.run import judging
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.scope import Scope
from kaito_pack.workspace import read_workspace


def explain_fit(file: str, scope: Scope) -> int:
    """Print the memory that the model of `file` needs; return the exit code."""
    target = scope.target
    (outcome,) = Pipeline(*scope).run([file])
    if code := put_outcomes([outcome]):
        return code
    assert outcome.values is not None
    manifest = outcome.manifests[0].body
    memory, most = judging.gpu_memory_of_values(target, outcome.values.filled)
    serving = serving_of_workspace(manifest)
    if serving is None or not serving.model_id:
        return _explain_gguf(manifest, judging.catalogue(target.catalogues), memory)
    return _explain_vllm(serving, judging.catalogue(target.catalogues), memory, most)


def _explain_vllm(serving: Serving, catalogue: Catalogue, memory: float | None, most: int | None) -> int:
    name = shown(serving.model_id or "")
    model = catalogue.find(serving.model_id or "")
    if model is None:
        rows = size_table(serving, catalogue, memory)
        unknown = (
            f"{name} is not in any catalogue, so its memory is unknown. Record its figures with `models add`"
        )
        return _table(rows) if rows else _failed(f"{unknown} and pass it with --catalogue")
    if memory is None:
        return _failed("the memory of one GPU is unknown. Set instanceType, or pass --gpu-memory GIB")
    if serving.memory_argument:
        argument = serving.memory_argument
        return _failed(f"{argument} changes the memory that {name} needs, so it cannot be computed")
    fit = fit_of(serving, model, memory, most)
    if fit is None:
        return _failed(f"the catalogue does not have all figures of {name} that the computation needs")
    return _table([("model", model.model_id), *fit_table(fit)])


def _explain_gguf(manifest: Manifest, catalogue: Catalogue, memory: float | None) -> int:
    model = gguf_model(manifest, read_workspace(manifest), catalogue)
    if model is None:
        return _failed(
            "the size of the model is unknown: the image is not known and the file name has no size"
        )
    return _table(gguf_table(model, memory))


def _table(rows: list[tuple[str, str]]) -> int:
    for line in columns(rows):
        click.echo(line)
    return 0


def _failed(reason: str) -> int:
    click.echo(f"Error: {reason}", err=True)
    return 1
