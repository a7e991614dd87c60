"""Asks the Hub about one model for users who choose one; returns the model or the reasons for a failure."""

from __future__ import annotations

from kaito_pack.base.display import shown
from kaito_pack.base.problems import UsageError
from kaito_pack.base.sentences import sentence
from kaito_pack.hub.client import Hub, NotAllowed, NotOnHub
from kaito_pack.hub.entry import read_model
from kaito_pack.models.model import Model, model_of


def asked(model_id: str) -> tuple[Model | None, list[str]]:
    """Return a model from the Hub, None if the Hub does not provide it, and remarks for the user."""
    try:
        with Hub() as hub:
            reading = read_model(hub, model_id)
    except NotOnHub:
        return None, [f"{shown(model_id)} is not on the Hub, or is private."]
    except NotAllowed:
        return None, [f"{shown(model_id)} is closed to this token. Ask for access on its page."]
    except UsageError as error:
        return None, [sentence(str(error))]
    return model_of(reading.entry), [sentence(reason) for reason in reading.missing]
