"""`render.py explain VALUES fit`: the memory budget of one GPU as a table."""

from __future__ import annotations

import click

from kaito_pack.base.display import shown
from kaito_pack.cli._output import put_outcomes
from kaito_pack.cli.formats.text import columns
from kaito_pack.models.fit import fit_of, fit_table
from kaito_pack.models.serving import serving_of_workspace
from kaito_pack.run import judging as checks
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.scope import Scope


def explain_fit(file: str, scope: Scope) -> int:
    """Print the budget of the model that `file` serves; the exit code."""
    target = scope.target
    (outcome,) = Pipeline(*scope).run([file])
    if code := put_outcomes([outcome]):
        return code
    assert outcome.values is not None
    serving = serving_of_workspace(outcome.manifests[0].body)
    if serving is None or not serving.model_id:
        return _sorry("no vLLM serves a model here; llama.cpp's memory is about that of the GGUF file")
    model = checks.catalogue(target.catalogues).find(serving.model_id)
    if model is None:
        return _sorry(
            f"{shown(serving.model_id)} is in no catalogue; add its figures to one and name it by --catalogue"
        )
    memory, most = checks.gpu_memory(target, outcome.values.filled.get("instanceType"))
    if memory is None:
        return _sorry("the memory of one GPU is not known; name an instanceType, or --gpu-memory GIB")
    fit = fit_of(serving, model, memory, most)
    if fit is None:
        return _sorry(f"the figures of {shown(serving.model_id)} are not enough to reckon with")
    rows = [("model", model.model_id), *fit_table(fit)]
    for line in columns(rows):
        click.echo(line)
    return 0


def _sorry(why: str) -> int:
    click.echo(f"Error: {why}", err=True)
    return 1
