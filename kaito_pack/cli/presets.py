"""`kaito-pack presets`: lists the models that KAITO supports as presets."""

from __future__ import annotations

import click

from kaito_pack.cli._listing import form_option, put_rows, version_option
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import opened, pack_option

NAME, VERSIONS, WEIGHTS, SECRET, MODEL = "name", "kaitoVersions", "weightsGiB", "needsSecret", "model"


@click.command("presets", cls=Command)
@version_option
@form_option
@pack_option
def command(kaito_version: str | None, form: str, pack: tuple[str, ...]) -> None:
    """List the presets that KAITO knows

    A preset is the `preset` of values with modelSource: preset. Each row has the KAITO versions that know
    it, the size of its weights, and the versions that require a Secret with a Hugging Face token.
    """
    packs = opened(pack)
    from kaito_pack.facts import presets

    version = packs.kaito_version(kaito_version) if kaito_version else None
    rows = [
        {
            NAME: preset.name,
            VERSIONS: preset.versions,
            WEIGHTS: preset.weights_gib,
            SECRET: preset.needs_secret or None,
            MODEL: preset.model or None,
        }
        for preset in presets.all_presets()
        if version is None or presets.holds(version, preset.versions)
    ]
    put_rows(rows, (NAME, VERSIONS, WEIGHTS, SECRET, MODEL), form)
