"""The introduction that the values schemas give before the first question."""

from __future__ import annotations

from kaito_pack.base.records import NamedTuple
from kaito_pack.form.questions import meaning
from kaito_pack.pack import Pack
from kaito_pack.pack.references import resolve
from kaito_pack.values.meanings import MODE, PROVIDER


class Greeting(NamedTuple):
    """The introduction: what deploys the model, what a mode is, and what the model is served for."""

    provider: str
    source: str


def greeting(pack: Pack) -> Greeting:
    """Return the greeting of a pack, in its schema's words."""
    common = resolve("values/common.schema.json", pack.schema_folders)["properties"]
    provider = common[PROVIDER]
    return Greeting(meaning(provider, provider["enum"][0]), common[MODE]["description"])
