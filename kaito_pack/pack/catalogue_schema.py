"""The schema of catalogues, with the engines that the packs describe."""

from __future__ import annotations

from kaito_pack.base.trees import Schema
from kaito_pack.facts.tables import schema
from kaito_pack.workspace.engines import hub_engines

NAME = "catalogue.schema.json"
MODEL_ID = "modelId"  # the column that identifies an entry


def catalogue_schema() -> Schema:
    """Return the schema of a catalogue; its engines are all that serve models of the Hub.

    The file itself lists the built-in engines because editors read it.
    """
    whole = schema(NAME)
    model = whole["$defs"]["model"]
    engines = model["properties"]["engines"]
    items = {**engines["items"], "enum": list(hub_engines())}
    properties = {**model["properties"], "engines": {**engines, "items": items}}
    return {**whole, "$defs": {**whole["$defs"], "model": {**model, "properties": properties}}}
