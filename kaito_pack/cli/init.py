"""`kaito-pack init`: creates a GitOps repository for models."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from kaito_pack.base.display import escaped
from kaito_pack.base.problems import UsageError
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import opened, pack_option
from kaito_pack.cli.shared.words import Folder, Words, kaito_versions

CLOUDS = ("azure", "aws", "arc")
CI = ("github", "gitlab", "azure", "none")


@click.command("init", cls=Command)
@click.argument("folder", metavar="DIR", type=Folder())
@click.option(
    "--kaito-version",
    type=Words(kaito_versions),
    metavar="VERSION",
    help="Set the KAITO version of the clusters. Default: the newest.",
)
@click.option("--cloud", type=click.Choice(CLOUDS), help="Set the cloud of the cluster prod. Default: azure.")
@click.option("--ci", type=click.Choice(CI), help="Add the pipeline of this CI system. Default: github.")
@pack_option
@click.pass_context
def command(
    context: click.Context,
    folder: str,
    kaito_version: str | None,
    cloud: str | None,
    ci: str | None,
    pack: tuple[str, ...],
) -> None:
    """Create a GitOps repository for models

    DIR gets a fleet of two clusters, two models with their rendered manifests, a CI pipeline, hooks for
    pre-commit, editor settings and a README. In a terminal, the command asks what no option says. It never
    overwrites a file.

    Exit codes: 0 created; 2 a file already exists or cannot be written.
    """
    from kaito_pack.cli._init_files import InitChoices, files_of
    from kaito_pack.cli.new import can_ask

    known = opened(pack)
    if can_ask():
        versions = list(reversed(list(known.kaito_versions)))
        kaito_version = kaito_version or _ask("KAITO version", versions, versions[0])
        cloud = cloud or _ask("Cloud of the cluster prod", CLOUDS, CLOUDS[0])
        ci = ci or _ask("CI system", CI, CI[0])
    choices = InitChoices(known.kaito_version(kaito_version), cloud or CLOUDS[0], ci or CI[0])
    _write(folder, dict(files_of(choices)))
    _render(folder, pack)
    program = context.find_root().info_name
    click.echo(f"{escaped(folder)} is ready. Next: cd {escaped(folder)} && {program} validate .", err=True)


def _ask(question: str, choices: list[str] | tuple[str, ...], default: str) -> str:
    answer: str = click.prompt(question, type=click.Choice(choices), default=default, err=True)
    return answer


def _write(folder: str, files: dict[str, str]) -> None:
    """Write the files. Raises UsageError, before the first, if one of them exists."""
    from kaito_pack import output

    if reason := next(_in_the_way(folder, (*files, "clusters")), None):
        raise UsageError(f"{escaped(reason)}. Choose another folder, or move it; nothing was written")
    for path, text in files.items():
        file = Path(folder, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        output.write_atomically(file, text)


def _in_the_way(folder: str, paths: Iterable[str]) -> Iterator[str]:
    """Yield why files cannot be written: a path that already exists, or a folder that is not one."""
    if os.path.lexists(folder) and not os.path.isdir(folder):
        yield f"{folder}: is not a folder"
    for path in paths:
        for above in reversed(Path(path).parents[:-1]):
            parent = os.path.join(folder, above)
            if os.path.islink(parent) or (os.path.lexists(parent) and not os.path.isdir(parent)):
                yield f"{parent}: is not a folder"
        if os.path.lexists(os.path.join(folder, path)):
            yield f"{os.path.join(folder, path)}: already exists"


def _render(folder: str, packs: tuple[str, ...]) -> None:
    """Render the clusters of the new fleet."""
    from kaito_pack.cli._tree import render_fleet, write
    from kaito_pack.cli.shared.options import PLAIN, ClusterOptions
    from kaito_pack.cli.shared.output import put_rendering

    plain = {name: () if name in ("catalogues", "layer_files") else None for name in PLAIN}
    cluster = ClusterOptions(packs=packs, settings=(), **plain)
    outcomes, trees = render_fleet(os.path.join(folder, "fleet.yaml"), cluster)
    put_rendering(outcomes)
    write(trees, prune=False, with_summary=True)
