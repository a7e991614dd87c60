"""The form in which Go's types print empty fields: which fields stay, which are dropped.

An empty field is dropped unless its type is a pointer (which is set even if the value is 0) or the field is
always printed. Source: Kubernetes v1.35, staging/src/k8s.io/api/core/v1/types.go.
"""

from __future__ import annotations

from kaito_pack.base.paths import FieldPath

QUANTITY_MAPS = {"limits", "requests", "overhead"}
TEXT_MAPS = {"labels", "annotations", "nodeSelector", "matchLabels", "options", "volumeAttributes"}
# Numbers, booleans and texts behind a pointer: they stay as written, even 0, false and "".
POINTERS = frozenset(
    [
        "activeDeadlineSeconds",
        "allowPrivilegeEscalation",
        "automountServiceAccountToken",
        "cachingMode",
        "count",
        "defaultMode",
        "enableServiceLinks",
        "expirationSeconds",
        "fsGroup",
        "fsGroupChangePolicy",
        "hostProcess",
        "hostUsers",
        "hostnameOverride",
        "localhostProfile",
        "maxExpirationSeconds",
        "minDomains",
        "mode",
        "mountPropagation",
        "nodeAffinityPolicy",
        "nodeTaintsPolicy",
        "optional",
        "preemptionPolicy",
        "priority",
        "privileged",
        "procMount",
        "readOnlyRootFilesystem",
        "recursiveReadOnly",
        "resourceClaimName",
        "resourceClaimTemplateName",
        "runAsGroup",
        "runAsNonRoot",
        "runAsUser",
        "runAsUserName",
        "runtimeClassName",
        "seLinuxChangePolicy",
        "service",
        "setHostnameAsFQDN",
        "shareProcessNamespace",
        "signerName",
        "storageClassName",
        "supplementalGroupsPolicy",
        "terminationGracePeriodSeconds",
        "tolerationSeconds",
        "volumeAttributesClassName",
        "volumeMode",
    ]
)
# Fields that are always printed.
ALWAYS = frozenset(
    [
        "claimName",
        "conditionType",
        "containerPort",
        "containers",
        "datasetName",
        "driver",
        "fieldPath",
        "iqn",
        "ip",
        "lun",
        "maxSkew",
        "monitors",
        "mountPath",
        "devicePath",
        "nodeSelectorTerms",
        "pdName",
        "port",
        "preference",
        "resource",
        "seconds",
        "server",
        "sources",
        "targetPortal",
        "topologyKey",
        "volumeID",
        "weight",
        "whenUnsatisfiable",
        "divisor",
    ]
)
# Fields whose result depends on the field around them: (outer field, field).
BY_OWNER = frozenset(
    [
        ("azureDisk", "fsType"),
        ("azureDisk", "kind"),
        ("azureDisk", "readOnly"),
        ("csi", "fsType"),
        ("csi", "readOnly"),
        ("hostPath", "path"),
        ("hostPath", "type"),
        ("nfs", "path"),
        ("seccompProfile", "type"),
        ("appArmorProfile", "type"),
        ("containers", "restartPolicy"),
        ("initContainers", "restartPolicy"),
        ("containers", "name"),
        ("initContainers", "name"),
        ("env", "name"),
        ("volumes", "name"),
        ("volumeMounts", "name"),
        ("httpHeaders", "name"),
        ("httpHeaders", "value"),
        ("sysctls", "name"),
        ("sysctls", "value"),
        ("items", "path"),
        ("items", "key"),
        ("configMapKeyRef", "key"),
        ("secretKeyRef", "key"),
        ("matchExpressions", "key"),
        ("matchExpressions", "operator"),
        ("matchFields", "key"),
        ("matchFields", "operator"),
        ("serviceAccountToken", "path"),
        ("schedulingGates", "name"),
        ("resourceClaims", "name"),
        ("claims", "name"),
        ("options", "value"),
    ]
)
# Maps whose keys the owner chooses; an empty one is dropped. Every other map is a Go type.
DROPPED_MAPS = QUANTITY_MAPS | TEXT_MAPS
ALWAYS_LISTS = {"containers", "monitors", "nodeSelectorTerms", "sources"}


def stays_empty(path: FieldPath, value: object) -> bool:
    """Return whether the empty value at `path` is printed; null never is."""
    name, owner = str(path[-1]), owner_of(path)
    if value is None:
        return False
    if value == {}:
        return name not in DROPPED_MAPS
    if value == []:
        return name in ALWAYS_LISTS
    return name in POINTERS or name in ALWAYS or (owner, name) in BY_OWNER


def owner_of(path: FieldPath) -> str:
    """Return the name of the field that contains the last one, skipping list indexes."""
    named = [step for step in path[:-1] if isinstance(step, str)]
    return named[-1] if named else ""


def always_printed(name: str) -> bool:
    """Return whether a field is printed even if it is not set."""
    return name in ALWAYS


def is_quantity_map(path: FieldPath) -> bool:
    """Return whether the field is a map of quantities."""
    return path[-1] in QUANTITY_MAPS


def is_text_map(path: FieldPath) -> bool:
    """Return whether the field is a map of texts whose keys the owner chooses."""
    # In dnsConfig, options are a list of named settings.
    return path[-1] in TEXT_MAPS and path[-2:] != ("dnsConfig", "options")
