"""Finds vLLM servers that may run Python code from the Hub that can change without notice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from string import hexdigits

from kaito_pack.base.display import shown
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Manifest, get, sequence, text
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import get_rule, problem
from kaito_pack.models.argument_checks import is_on, position_of
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.images import vllm_of
from kaito_pack.models.parallel import last_values
from kaito_pack.models.server_checks import CONTAINERS, table_for, word_path
from kaito_pack.workspace.served_model import served_model
from kaito_pack.workspace.servers import ServerCommand, checked_servers

RULE = "advice/remote-code"
FLAG = "--trust-remote-code"
COMMIT = 40  # hexadecimal digits of a commit


@rule(RULE, on="part")
def check_remote_code(manifest: Manifest, catalogue: Catalogue) -> Iterator[Problem]:
    """Yield a warning for each vLLM server of a Workspace that may run such code."""
    for index, container in enumerate(sequence(get(manifest, CONTAINERS))):
        if not isinstance(container, Mapping):
            continue
        path = (*CONTAINERS, index)
        for server in checked_servers(container):
            model_id = served_model(container).model_id
            position = loose_remote_code(server, model_id, text(container.get("image")), catalogue)
            if position is not None:
                where = word_path(server, container, path)(server.start + position)
                yield problem(RULE, where, model=shown(model_id) if model_id else "the model")


def loose_remote_code(
    server: ServerCommand, model_id: str | None, image: str, catalogue: Catalogue
) -> int | None:
    """Return the index, in the server's arguments, of a risky --trust-remote-code; None if there is none.

    It is risky if the model needs its own code or is not in any catalogue, and its revision is not a commit.
    The code of a model in a folder is not remote.
    """
    given, _ = table_for(vllm_of(image)).read(server.arguments)
    if not is_on(FLAG, given):
        return None
    values = last_values(given, server.arguments)
    is_pinned = any(is_commit(values.get(name, "")) for name in ("--revision", "--code-revision"))
    if is_pinned or (model_id or "").startswith(("/", ".")) or not needs_code(model_id, catalogue):
        return None
    return position_of(FLAG, given)


def needs_code(model_id: str | None, catalogue: Catalogue) -> bool:
    """Return whether the model may need Python code from its repository; an unknown model may."""
    model = catalogue.find(model_id) if model_id else None
    if model is not None and model.remote_code is not None:
        return model.remote_code
    if model is None or not (model.architectures or model.revision):
        return True
    return not set(model.architectures).isdisjoint(get_rule(RULE).parameters["architectures"])


def is_commit(revision: str) -> bool:
    """Return whether a revision is the full hash of a commit, which always names the same files."""
    return len(revision) == COMMIT and set(revision) <= set(hexdigits)
