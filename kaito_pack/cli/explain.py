"""`kaito-pack explain`: explains a value, a rule, or the result of values."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from kaito_pack.base.display import did_you_mean, escaped, shown
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import ClusterOptions, cluster_options
from kaito_pack.cli.shared.output import put_outcomes
from kaito_pack.cli.shared.words import Words, explained_words
from kaito_pack.explain import descriptions
from kaito_pack.explain import origins as explain_values
from kaito_pack.facts.rules import all_rules, former_names, own_message
from kaito_pack.facts.tables import table
from kaito_pack.pack import Pack
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.scope import Scope
from kaito_pack.run.sources import SUFFIXES
from kaito_pack.values.fields import fields as values_fields

FIT = "fit"
MOST_OFFERED = 3  # maximum number of suggested names


@click.command("explain", cls=Command)
@click.argument(
    "words",
    nargs=-1,
    type=Words(explained_words, with_files=True),
    metavar="[FIELD | RULE | VALUES FIELD | VALUES fit]",
)
@cluster_options
@click.pass_context
def command(context: click.Context, words: tuple[str, ...], cluster: ClusterOptions) -> None:
    """Explain a value, a rule, or a line of a manifest

    \b
    explain                      all values
    explain maxModelLen          one value: type, default, modes, meaning, example
    explain values/missing       the rule of a problem
    explain llama.yaml replicas  where a value comes from
    explain llama.yaml inference.template.spec.containers[0].args[5]
                                 the template line and the values behind it
    explain llama.yaml fit       whether the model fits in the memory of a GPU
    """
    pack = cluster.pack
    if not words:
        _put_text("\n".join(descriptions.list_of(values_fields(pack).values())))
        return
    if len(words) == 1 and not _is_file(words[0]):
        context.exit(_explain_word(words[0], pack, context.command_path))
    if len(words) != 2:
        raise click.UsageError(
            "expected one argument after the values file: a field, a path in a manifest, or fit"
        )
    file, word = words
    if word == FIT:
        from kaito_pack.cli._fit import explain_fit

        context.exit(explain_fit(file, cluster.scope()))
    context.exit(_explain_origin(file, word, cluster.scope()))


def _is_file(word: str) -> bool:
    return word == "-" or word.endswith(SUFFIXES) or os.path.isfile(word)


def _explain_origin(file: str, word: str, scope: Scope) -> int:
    """Print the origin of a value or of a part of a manifest; return the exit code."""
    pipeline = Pipeline(*scope)
    (outcome,) = pipeline.run([file])
    if code := put_outcomes([outcome]):
        return code
    assert outcome.values is not None
    path = explain_values.path_of(word)
    lines = explain_values.origin_text(outcome.values, path)
    if lines is None:
        lines = [
            line
            for manifest in outcome.manifests
            for line in explain_values.manifest_text(
                outcome.values, manifest, path, scope.pack, pipeline.renderer
            )
            or ()
        ]
    if not lines:
        click.echo(
            f"{shown(word)} is not a value and not a path in the manifests of {escaped(file)}.", err=True
        )
        return 1
    click.echo("\n".join(map(escaped, lines)))
    return 0


def _put_text(text: str) -> None:
    """Print texts of schemas and rules, which may come from an untrusted pack."""
    for line in text.splitlines():
        click.echo(escaped(line))


def _explain_word(word: str, pack: Pack, program: str) -> int:
    """Explain a value or a rule; `program` is the command line without the word."""
    rules, fields = all_rules(), values_fields(pack)
    name = former_names().get(word, word)
    if name in rules:
        examples = table("rules/examples.json").get(name, {})
        # A pack may reword a rule, but the message of the example has the original wording.
        has_own_words = rules[name].message != own_message(name)
        message = None if has_own_words else table("rules/messages.json").get(name)
        _put_text(descriptions.rule_text(rules[name], examples, message))
        return 0
    if word in fields:
        below = [field for name, field in fields.items() if name.startswith(f"{word}.")]
        _put_text(descriptions.field_text(fields[word], below))
        return 0
    close = _near(word, rules, fields)
    hint = (
        f" Did you mean {' or '.join(f'`{name}`' for name in close)}?"
        if close
        else f" `{program}` lists the values, docs/reference/rules/ lists the rules."
    )
    click.echo(f"{shown(word)} is not a value or a rule.{hint}", err=True)
    return 1


def _near(word: str, rules: Iterable[str], fields: Iterable[str]) -> list[str]:
    """Return the names that a word may mean: a similar one, or those that end in it."""
    if "/" in word:
        close = did_you_mean(word, (*rules, *former_names()))
        return [former_names().get(close, close)] if close else []
    if exact := [name for name in rules if name.partition("/")[2] == word]:
        return exact[:MOST_OFFERED]
    if close := did_you_mean(word, fields):
        return [close]
    last = {name: name.rpartition(".")[2] for name in fields if "." in name}
    near = did_you_mean(word.rpartition(".")[2], last.values())
    if inner := [name for name, part in last.items() if part == near]:
        return inner[:MOST_OFFERED]
    close = did_you_mean(word, [name.partition("/")[2] for name in rules])
    return [name for name in rules if close and name.partition("/")[2] == close][:MOST_OFFERED]
