"""The check of a custom resource by a schema that a pack brings: of any shape, so it may be none."""

from __future__ import annotations

from typing import Any

from kaito_pack.base.display import shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Schema
from kaito_pack.kubernetes.decoding.decoding import Findings, Trail, ValueCheck
from kaito_pack.kubernetes.decoding.structural import custom_resource

WRONG_SHAPE = (AttributeError, LookupError, TypeError, ValueError)


def custom_check(schema: Schema, name: str) -> ValueCheck:
    """Return the check of a custom resource by the schema in the table `name`.

    It raises PackError if a part of the schema has a shape that no structural schema has.
    """
    message = f"facts/{shown(name, quote=False)}: a schema in it is not a structural schema of Kubernetes"
    try:
        check = custom_resource(schema)
    except WRONG_SHAPE:
        raise PackError(message) from None

    def checked(value: Any, trail: Trail, findings: Findings) -> None:
        try:
            check(value, trail, findings)
        except WRONG_SHAPE:
            raise PackError(message) from None

    return checked
