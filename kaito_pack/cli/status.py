"""`kaito-pack status`: shows the state of Workspaces, the reason, and how to reach their models."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from kaito_pack.base.display import shown
from kaito_pack.base.kubectl import Kubectl
from kaito_pack.base.problems import UsageError
from kaito_pack.base.trees import Manifest, get, text
from kaito_pack.cli._durations import Duration
from kaito_pack.cli._status_table import printed
from kaito_pack.cli.shared.help import Command
from kaito_pack.cli.shared.options import opened, pack_option
from kaito_pack.cli.shared.output import colour
from kaito_pack.cli.shared.words import File, Words, contexts
from kaito_pack.pack import Pack
from kaito_pack.run.sources import SUFFIXES
from kaito_pack.status import PHASES, Status, status_of
from kaito_pack.status.cluster_objects import ClusterObjects, pick, read_objects
from kaito_pack.status.reach import Engines, engines_of
from kaito_pack.workspace import read_workspace
from kaito_pack.workspace.labels import WORKSPACE_LABEL

SHORTEST_INTERVAL = 0.05  # seconds; limits the load on the API server
BESIDE = "statefulsets,deployments,services"
NARROWEST_TERMINAL = 40  # columns; lines wrap in a narrower terminal


@dataclass(frozen=True)
class WorkspaceSource:
    """The source of Workspaces: a file, stdin or a cluster, and the selection among them."""

    read: Callable[[], ClusterObjects]
    label: str
    is_repeatable: bool
    namespace: str | None = None
    name: str | None = None

    def objects(self) -> ClusterObjects:
        """Return the current objects, limited to the selected Workspaces."""
        return self.read().only(self.namespace, self.name)


@dataclass(frozen=True)
class Wish:
    """The options of `status`."""

    form: str
    watch: bool
    wait_for: str | None
    timeout: float
    interval: float


@click.command("status", cls=Command)
@click.argument("what", nargs=-1, type=File(), metavar="[FILE] [NAME]")
@click.option("-n", "--namespace", help="Read this namespace. Default: that of the kubeconfig context.")
@click.option("-A", "--all-namespaces", is_flag=True, help="Read all namespaces.")
@click.option("--context", "kube_context", type=Words(contexts), help="Use this context of the kubeconfig.")
@click.option("--statefulset", is_flag=True, help="Also read StatefulSets, Services and pods.")
@click.option("--watch", is_flag=True, help="Print again after each change, until Ctrl-C.")
@click.option(
    "--wait-for",
    type=click.Choice(PHASES, case_sensitive=False),
    help="Wait until all Workspaces are in this phase.",
)
@click.option(
    "--timeout",
    type=Duration(),
    default="30m",
    show_default=True,
    help="With --wait-for: stop waiting after this time, such as 90s or 30m.",
)
@click.option(
    "--interval", type=Duration(), default="2s", show_default=True, help="Set the time between two reads."
)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "wide", "json", "yaml"]),
    default="table",
    show_default=True,
    help="Set the output format.",
)
@pack_option
@click.pass_context
def command(
    context: click.Context,
    /,
    what: tuple[str, ...],
    namespace: str | None,
    all_namespaces: bool,
    kube_context: str | None,
    statefulset: bool,
    pack: tuple[str, ...],
    **asked: Any,
) -> None:
    """Show the state of Workspaces and what to check next

    FILE contains Workspaces as `kubectl get -o json` or `-o yaml` prints them; - is stdin. StatefulSets, pods
    and Services in FILE add ready replicas, the causes of failing pods, and endpoints. Without FILE, the
    command runs `kubectl get`. NAME selects one Workspace. `-o wide` adds the engine, the endpoint and a
    command that reaches the model.

    Exit codes: 0 in every phase; with --wait-for, 0 if the phase is reached, 1 on a timeout or Failed; 2
    nothing could be read.
    """
    context.obj, wish = opened(pack), Wish(**asked)
    file, name = _file_and_name(what)
    if file is None:
        kubectl = Kubectl(namespace, all_namespaces, kube_context)
        beside = statefulset or wish.form == "wide"
        source = WorkspaceSource(lambda: _live(kubectl, beside, name), "the cluster", True, None, name)
    else:
        source = WorkspaceSource(
            lambda: read_objects(file), shown(file, quote=False), file != "-", namespace, name
        )
    try:
        context.exit(_follow(source, wish) if wish.watch or wish.wait_for else _once(source, wish.form))
    except KeyboardInterrupt:
        context.exit(0 if wish.watch and not wish.wait_for else 130)


def _once(source: WorkspaceSource, form: str) -> int:
    objects = source.objects()
    if not objects.workspaces and not objects.inference_sets:
        if source.name or not objects.is_list:
            named = f"Workspace {shown(source.name)}" if source.name else "Workspace"
            raise UsageError(f"{source.label}: no {named} found")
        click.echo(f"No Workspaces found in {source.label}.", err=True)
    _print(objects, form)
    return 0


def _follow(source: WorkspaceSource, wish: Wish) -> int:
    """Poll repeatedly: print changes (--watch), or end when all reach the phase (--wait-for)."""
    if not source.is_repeatable and wish.watch:
        raise UsageError("--watch cannot read stdin twice. Pass a file, or omit FILE to ask kubectl")
    end = time.monotonic() + wish.timeout
    shown_last: list[Status] | None = None
    objects = source.objects()  # an error in the first call is final; a later one may be temporary
    while True:
        statuses = _statuses(objects)
        if wish.watch and statuses != shown_last:
            click.clear()  # no effect unless stdout is a terminal
            _print(objects, wish.form)
            shown_last = statuses
        verdict = _verdict(statuses, wish.wait_for)
        late = wish.wait_for is not None and (time.monotonic() >= end or not source.is_repeatable)
        if verdict is not None or late:
            return _end(objects, statuses, wish, verdict)
        interval = max(wish.interval, SHORTEST_INTERVAL)
        time.sleep(min(interval, max(end - time.monotonic(), 0.0)) if wish.wait_for else interval)
        try:
            objects = source.objects()
        except UsageError as error:
            click.echo(f"{error}; retrying", err=True)


def _verdict(statuses: list[Status], wanted: str | None) -> bool | None:
    """Return the state of the wait: True if reached, False if failed permanently, None if not over."""
    if wanted is None or not statuses:
        return None
    if all(status.phase == wanted for status in statuses):
        return True
    return False if any(status.phase == "Failed" != wanted for status in statuses) else None


def _end(objects: ClusterObjects, statuses: list[Status], wish: Wish, verdict: bool | None) -> int:
    if not wish.watch:
        _print(objects, wish.form)
    if verdict:
        return 0
    short = [shown(status.name) for status in statuses if status.phase != wish.wait_for]
    why = "failed" if verdict is False else f"not reached within {wish.timeout:g} seconds"
    click.echo(f"{wish.wait_for}: {why}: {', '.join(short) or 'no such Workspace'}", err=True)
    return 1


def _live(kubectl: Kubectl, beside: bool, name: str | None) -> ClusterObjects:
    """Return the Workspaces of the cluster; with `beside`, also their workloads, Services and pods."""
    objects = pick([kubectl.get("workspaces")])
    # An InferenceSet with zero replicas has no Workspace. A Workspace with the given name is enough.
    is_known = any(text(get(each, ("metadata", "name"))) == name for each in objects.workspaces)
    if objects.has_created or not is_known:
        answer = _inference_sets(kubectl)
        objects = replace(objects, inference_sets=answer.inference_sets if answer else ())
    if not beside:
        return objects
    if answer := _answer(kubectl, BESIDE, None, "ready replicas and Services"):
        objects = objects.with_beside(answer)
    if answer := _answer(kubectl, "pods", WORKSPACE_LABEL, "the causes in pods"):
        objects = replace(objects, pods=answer.pods)
    return objects


def _inference_sets(kubectl: Kubectl) -> ClusterObjects | None:
    """Return the InferenceSets; None if this KAITO does not have the kind or they cannot be read."""
    try:
        return pick([kubectl.get("inferencesets")])
    except UsageError as error:
        if "have a resource type" not in str(error):
            click.echo(f"{error}; InferenceSets are unknown", err=True)
        return None


def _answer(kubectl: Kubectl, kinds: str, label: str | None, missing: str) -> ClusterObjects | None:
    """Return the objects of some kinds; if kubectl fails, None and a line on stderr."""
    try:
        return pick([kubectl.get(kinds, label=label)])
    except UsageError as error:
        click.echo(f"{error}; {missing} are unknown", err=True)
        return None


def _statuses(objects: ClusterObjects) -> list[Status]:
    """Return a status for each InferenceSet, and one for each Workspace that belongs to none of them."""
    engines, statuses = _engines(), []
    for inference_set in objects.inference_sets:
        from kaito_pack.status.inference_sets import status_of_set

        view = read_workspace(inference_set, engines.served_names, engines.suffixes)
        own = [_status(workspace, objects, engines) for workspace in objects.workspaces_of(inference_set)]
        statuses.append(status_of_set(inference_set, view, own, objects.services_beside(view.namespace)))
    return statuses + [_status(workspace, objects, engines) for workspace in objects.own_workspaces]


def _status(workspace: Manifest, objects: ClusterObjects, engines: Engines) -> Status:
    view = read_workspace(workspace, engines.served_names, engines.suffixes)
    services = objects.services_beside(view.namespace)
    workload, pods = objects.workload_of(workspace), objects.pods_of(workspace)
    return status_of(workspace, workload, services, view, pods)


def _engines() -> Engines:
    """Return the modes' facts about engines; each mode is read only once."""
    pack: Pack = click.get_current_context().obj
    return engines_of(pack)


def _print(objects: ClusterObjects, form: str) -> None:
    width = None
    if sys.stdout.isatty():
        width = max(shutil.get_terminal_size().columns, NARROWEST_TERMINAL)
    click.echo(printed(_statuses(objects), form, objects, _engines(), width), color=colour())


def _file_and_name(what: tuple[str, ...]) -> tuple[str | None, str | None]:
    """Return FILE and NAME from the arguments; a single word is a file if it looks like one or exists."""
    if len(what) > 2:
        raise UsageError("too many arguments. Pass at most one FILE and one NAME")
    if not what:
        return None, None
    if len(what) == 2:
        return what[0], _bare(what[1])
    word = what[0]
    is_file = word == "-" or word.endswith(SUFFIXES) or ("/" in word and not _is_reference(word))
    if is_file or Path(word).is_file():
        return word, None
    return None, _bare(word)


def _is_reference(word: str) -> bool:
    return word.startswith(("workspace/", "workspaces/", "workspace.kaito.sh/", "workspaces.kaito.sh/"))


def _bare(word: str) -> str:
    return word.rpartition("/")[2] if _is_reference(word) else word
