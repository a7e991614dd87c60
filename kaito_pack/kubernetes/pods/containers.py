"""The API server's checks of a pod's containers.

Source: Kubernetes 1.35, pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields, entries, mapping, sequence, text, whole
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import at_most, named, one_of, own_name, required
from kaito_pack.kubernetes.decoding.decoding import Finding
from kaito_pack.kubernetes.decoding.findings import Reported
from kaito_pack.kubernetes.pods.environment import check_environment
from kaito_pack.kubernetes.pods.mounts import Volumes, check_mounts
from kaito_pack.kubernetes.pods.probes import PROBES, Around, check_probes
from kaito_pack.kubernetes.pods.resources import check_resize_policy, check_resources
from kaito_pack.kubernetes.pods.security import check_security
from kaito_pack.kubernetes.pods.volumes import PULL_POLICIES

UNMASKED = (1, 33)  # the first version that does not drop procMount
RESTART_RULES = (1, 35)  # the first version in which each container may have its own restartPolicy
RESTART_ALL = (1, 36)  # the first version in which a container may restart the whole pod
RESTARTS = ("Restart", "RestartAllContainers")
MOST_RESTART_RULES, MOST_EXIT_CODES = 20, 255
DEFAULT_GRACE = 30  # seconds


class Pod(NamedTuple):
    """The context of containers: their pod's spec, volumes by name, claims, the Kubernetes version."""

    spec: Fields
    volumes: Volumes
    claims: frozenset[str]
    kubernetes: tuple[int, ...]


@rule("kubernetes/containers-required", on="part")
def check_containers(spec: Fields, path: FieldPath, kubernetes: tuple[int, ...]) -> Iterator[Reported]:
    """Yield the problems with `containers` and `initContainers`."""
    pod = Pod(spec, volumes_of(spec), claims_of(spec), kubernetes)
    given = spec.get("containers")
    if given is None or given == []:
        yield problem("kubernetes/containers-required", (*path, "containers"))
    seen: set[str] = set()
    host_ports: set[tuple[str, str, int]] = set()
    for field in ("containers", "initContainers"):
        for container, container_path in entries(spec.get(field), (*path, field)):
            yield from check_container(container, container_path, pod, is_init=field == "initContainers")
            yield from own_name(container, container_path, "container", seen)
            own = host_ports if field == "containers" else set()
            yield from check_ports(
                container, container_path, own, spec.get("hostNetwork") is True and field == "containers"
            )


def volumes_of(spec: Fields) -> Volumes:
    """Return the pod's volumes by name."""
    volumes = (mapping(volume) for volume in sequence(spec.get("volumes")))
    return {text(volume.get("name")): volume for volume in volumes if text(volume.get("name"))}


def claims_of(spec: Fields) -> frozenset[str]:
    """Return the names of the pod's resourceClaims."""
    return frozenset(text(mapping(claim).get("name")) for claim in sequence(spec.get("resourceClaims")))


@rule("kubernetes/proc-mount", "kubernetes/init-container-probe", on="part")
def check_container(container: Fields, path: FieldPath, pod: Pod, is_init: bool) -> Iterator[Reported]:
    """Yield the problems with one container, except with its name and ports."""
    yield from required(container, ["image"], path, "a container")
    image = text(container.get("image"))
    if image != image.strip():
        yield Finding("image-spaces", (*path, "image"), shown(image), "")
    yield from one_of(container, "imagePullPolicy", PULL_POLICIES, path)
    yield from one_of(container, "terminationMessagePolicy", ("File", "FallbackToLogsOnError"), path)
    yield from check_environment(container, path, pod.volumes, pod.kubernetes)
    yield from check_mounts(container, path, pod.volumes, pod.kubernetes)
    yield from check_resources(container.get("resources"), (*path, "resources"), pod.claims)
    yield from check_resize_policy(container, path)
    yield from check_security(container, path, mapping(pod.spec.get("securityContext")))
    unmasked = mapping(container.get("securityContext")).get("procMount") == "Unmasked"
    if unmasked and pod.kubernetes >= UNMASKED and pod.spec.get("hostUsers") is not False:
        yield problem("kubernetes/proc-mount", (*path, "securityContext", "procMount"))
    yield from check_restart(container, path, pod.kubernetes, is_init)
    if is_init and container.get("restartPolicy") != "Always":
        for field in (*PROBES, "lifecycle"):
            if container.get(field) is not None:
                yield problem("kubernetes/init-container-probe", (*path, field), field=field)
    else:
        yield from check_probes(container, path, around(container, pod))


def around(container: Fields, pod: Pod) -> Around:
    """Return the surroundings of a container's probes."""
    ports = frozenset(text(mapping(port).get("name")) for port in sequence(container.get("ports")))
    grace = whole(pod.spec.get("terminationGracePeriodSeconds"))
    return Around(ports, DEFAULT_GRACE if grace is None else grace, pod.kubernetes)


@rule("kubernetes/container-restart", on="part")
def check_restart(
    container: Fields, path: FieldPath, kubernetes: tuple[int, ...], is_init: bool
) -> Iterator[Problem]:
    """Yield the problems with a container's own restart policy."""
    if kubernetes >= RESTART_RULES:
        yield from one_of(container, "restartPolicy", ("Always", "OnFailure", "Never"), path, empty=False)
        yield from check_restart_rules(container, path, kubernetes, is_init)
    elif is_init:
        yield from one_of(container, "restartPolicy", ("Always",), path, empty=False)
    elif container.get("restartPolicy") is not None:
        yield problem("kubernetes/container-restart", (*path, "restartPolicy"))


@rule("kubernetes/restart-rules", on="part")
def check_restart_rules(
    container: Fields, path: FieldPath, kubernetes: tuple[int, ...], is_init: bool
) -> Iterator[Problem]:
    """Yield the problems with the rules by which a container restarts."""
    rules, rules_path = sequence(container.get("restartPolicyRules")), (*path, "restartPolicyRules")
    if rules and container.get("restartPolicy") is None:
        what = "a container with restartPolicyRules"
        yield from required(container, ["restartPolicy"], path, what)
    of_all = kubernetes >= RESTART_ALL
    if rules and is_init and container.get("restartPolicy") == "Always" and not of_all:
        yield problem("kubernetes/restart-rules", rules_path)
    yield from at_most(rules, MOST_RESTART_RULES, rules_path)
    for restart_rule, rule_path in entries(rules, rules_path):
        yield from required(restart_rule, ["action"], rule_path, "a restart rule")
        yield from one_of(restart_rule, "action", RESTARTS[: 1 + of_all], rule_path)
        if restart_rule.get("exitCodes") is None:
            yield from required(restart_rule, ["exitCodes"], rule_path, "a restart rule")
        elif isinstance(restart_rule["exitCodes"], dict):
            codes, codes_path = mapping(restart_rule["exitCodes"]), (*rule_path, "exitCodes")
            yield from required(codes, ["operator"], codes_path, "a restart rule's exitCodes")
            yield from one_of(codes, "operator", ("In", "NotIn"), codes_path)
            yield from at_most(sequence(codes.get("values")), MOST_EXIT_CODES, (*codes_path, "values"))


@rule("kubernetes/name-duplicate", "kubernetes/port-name", "kubernetes/port-range", on="shared")
def check_ports(
    container: Fields, path: FieldPath, host_ports: set[tuple[str, str, int]], host_network: bool
) -> Iterator[Problem]:
    """Yield the problems with a container's ports; add its host ports to `host_ports`."""
    seen: set[str] = set()
    for port, port_path in entries(container.get("ports"), (*path, "ports")):
        yield from named(port, "name", names.is_port_name, port_path, "kubernetes/port-name")
        name = text(port.get("name"))
        if name and name in seen:
            yield problem("kubernetes/name-duplicate", (*port_path, "name"), value=shown(name), what="port")
        seen.add(name)
        yield from required(port, ["containerPort"], port_path, "a port")
        for field in ("containerPort", "hostPort"):
            number = whole(port.get(field))
            if number and not names.is_port_number(number):
                yield problem("kubernetes/port-range", (*port_path, field), value=shown(number))
        yield from one_of(port, "protocol", names.PROTOCOLS, port_path)
        yield from check_host_port(port, port_path, host_ports, host_network)


@rule("kubernetes/host-port-differs", on="part")
@rule("kubernetes/name-duplicate", on="shared")
def check_host_port(
    port: Fields, path: FieldPath, taken: set[tuple[str, str, int]], host_network: bool
) -> Iterator[Problem]:
    """Yield the problems with a host port."""
    number = whole(port.get("hostPort"))
    if not number:
        return
    use = (text(port.get("protocol")) or "TCP", text(port.get("hostIP")), number)
    if use in taken:
        yield problem("kubernetes/name-duplicate", (*path, "hostPort"), value=shown(number), what="host port")
    taken.add(use)
    if host_network and number != whole(port.get("containerPort")):
        yield problem("kubernetes/host-port-differs", (*path, "hostPort"), value=shown(number))
