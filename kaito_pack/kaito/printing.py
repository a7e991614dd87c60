"""How Go's types print empty fields: which stay, which are dropped.

A field is dropped when empty unless its type says otherwise: a pointer (there or not there, and 0 is
there) or a field that is always printed. Read in Kubernetes v1.35, staging/src/k8s.io/api/core/v1/types.go.
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
# Fields that are printed whatever they hold.
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
# Fields whose answer depends on what they are in: (what, field).
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
# Maps with keys of the owner's choice; an empty one is dropped. Every other map is a Go type.
DROPPED_MAPS = QUANTITY_MAPS | TEXT_MAPS
ALWAYS_LISTS = {"containers", "monitors", "nodeSelectorTerms", "sources"}


def stays_empty(path: FieldPath, value: object) -> bool:
    """Return whether the empty value at `path` is printed as it is; a null never is."""
    name, owner = str(path[-1]), owner_of(path)
    if value is None:
        return False
    if value == {}:
        return name not in DROPPED_MAPS
    if value == []:
        return name in ALWAYS_LISTS
    return name in POINTERS or name in ALWAYS or (owner, name) in BY_OWNER


def owner_of(path: FieldPath) -> str:
    """Return the name of the field that the last field is in, lists looked through."""
    named = [step for step in path[:-1] if isinstance(step, str)]
    return named[-1] if named else ""


def always_printed(name: str) -> bool:
    """Return whether a field is printed even if it is not set."""
    return name in ALWAYS


def is_quantity_map(path: FieldPath) -> bool:
    """Return whether the field is a map of quantities."""
    return path[-1] in QUANTITY_MAPS


def is_text_map(path: FieldPath) -> bool:
    """Return whether the field is a map of texts under keys of the owner's choice."""
    # In dnsConfig, options are a list of named settings.
    return path[-1] in TEXT_MAPS and path[-2:] != ("dnsConfig", "options")
