"""The files of a new GitOps repository: a fleet of two clusters, two models, and their checks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from kaito_pack.base.problems import UsageError
from kaito_pack.base.records import NamedTuple
from kaito_pack.base.root import ROOT, SCHEMAS
from kaito_pack.facts.rules import in_range
from kaito_pack.kaito import instance_types
from kaito_pack.values.pages import linked

CI_FILES = {
    "github": ("integrations/github/plan.yaml", ".github/workflows/kaito-plan.yaml"),
    "gitlab": ("integrations/gitlab/kaito-pack.yaml", ".gitlab-ci.yml"),
    "azure": ("integrations/azure-pipelines/kaito-pack.yaml", ".azure-pipelines/kaito-pack.yaml"),
}
LEAST_GIB = 16  # GPU memory; each model fits in one such GPU

FLEET = """\
# yaml-language-server: $schema=.schemas/fleet.schema.json
# The clusters: which values each gets, for which target, and where its manifests go.
apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
  - name: dev
    target: targets/dev.yaml
    values: [models/*.yaml]
    out: clusters/dev
  - name: prod
    target: targets/prod.yaml
    values: [models/*.yaml]
    out: clusters/prod
"""
TARGET_DEV = """\
# yaml-language-server: $schema=../.schemas/target.schema.json
# A cluster with its own GPU nodes.
apiVersion: pack.kubefoundry.io/v1
kind: Target
kaitoVersion: "{kaito}"
nodeProvisioning: byo
"""
TARGET_PROD = """\
# yaml-language-server: $schema=../.schemas/target.schema.json
# A cluster in which KAITO creates the GPU nodes; the layer sets their instance type.
apiVersion: pack.kubefoundry.io/v1
kind: Target
kaitoVersion: "{kaito}"
nodeProvisioning: auto
cloud: {cloud}
layers: [../layers/prod.yaml]
"""
LAYER = """\
# yaml-language-server: $schema=../.schemas/values.schema.json
# What every model of the cluster prod has. A values file overrides it.
instanceType: {instance_type}
"""
PHI = """\
# yaml-language-server: $schema=../.schemas/values.schema.json
# A small model with weights from the Hugging Face Hub, served by vLLM on one GPU.
name: phi
modelSource: vllm
modelId: microsoft/Phi-4-mini-instruct
maxModelLen: 8192
"""
CHAT = """\
# yaml-language-server: $schema=../.schemas/values.schema.json
# An image that has the model inside, served by llama.cpp on one GPU.
name: chat
modelSource: premade
premadeModel: llama3.2:3b
computeType: gpu
"""
HOOKS = """\
# pre-commit install; the hooks run the command kaito-pack, which must be on the PATH.
repos:
  - repo: local
    hooks:
      - id: kaito-pack-fleet
        name: KAITO values of every cluster are accepted
        entry: kaito-pack validate --fleet fleet.yaml
        language: system
        pass_filenames: false
      - id: kaito-pack-drift
        name: rendered KAITO manifests are up to date
        entry: kaito-pack render --fleet fleet.yaml --check
        language: system
        pass_filenames: false
"""
README = """\
# Models on KAITO

| Folder | Content |
| --- | --- |
| `models/` | a values file for each model |
| `targets/` | a file for each cluster: KAITO version, node provisioning, cloud |
| `layers/` | values that all models of a cluster have |
| `clusters/` | the rendered manifests; point your GitOps tool to `clusters/dev` and `clusters/prod` |
| `fleet.yaml` | which cluster gets which values |

Change a values file, then check and render all clusters, and commit both:

```sh
kaito-pack validate --fleet fleet.yaml
kaito-pack render --fleet fleet.yaml --prune
kaito-pack plan --fleet fleet.yaml --against HEAD
```

Write a new values file with `kaito-pack new models/NAME.yaml`. After `pre-commit install`, the checks run
before each commit.{ci}
"""
CI_NOTE = """
Set PACK and PACK_COMMIT in `{file}`: where the pack is, and the commit of its release."""


class InitChoices(NamedTuple):
    """The choices for a new repository: the KAITO version, the cloud and the CI system ("none": no file)."""

    kaito: str
    cloud: str
    ci: str


def files_of(choices: InitChoices) -> Iterator[tuple[str, str]]:
    """Yield the path and text of each file of the repository, except the rendered manifests."""
    facts = {"kaito": choices.kaito, "cloud": choices.cloud, "instance_type": instance_type(choices)}
    yield "fleet.yaml", FLEET
    # Before 0.8, existing nodes must be listed by name.
    dev = TARGET_DEV if in_range(choices.kaito, "0.8-") else TARGET_PROD
    yield "targets/dev.yaml", dev.format(**facts)
    yield "targets/prod.yaml", TARGET_PROD.format(**facts)
    yield "layers/prod.yaml", LAYER.format(**facts)
    yield "models/phi.yaml", PHI
    yield "models/chat.yaml", CHAT
    ci = ""
    if choices.ci in CI_FILES:
        source, path = CI_FILES[choices.ci]
        ci = CI_NOTE.format(file=path)
        installed = Path(__file__).parent / "_pipelines" / f"{choices.ci}.yaml"  # in a wheel
        file = installed if installed.is_file() else ROOT / source
        yield path, file.read_text(encoding="utf-8")
    yield ".pre-commit-config.yaml", HOOKS
    for name in ("values", "target", "fleet"):
        schema = (SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8")
        yield f".schemas/{name}.schema.json", linked(schema)
    yield ".vscode/settings.json", _editor_settings()
    yield ".vscode/extensions.json", json.dumps({"recommendations": ["redhat.vscode-yaml"]}, indent=2) + "\n"
    yield "README.md", README.format(ci=ci)


def instance_type(choices: InitChoices) -> str:
    """Return the smallest instance type of the cloud with one GPU that can hold the models.

    Raises UsageError if the KAITO version has none for that cloud.
    """
    fitting = [
        each
        for each in instance_types.all_types(choices.cloud)
        if each.known_in(choices.kaito) and each.gpus == 1 and each.gpu_memory_gib >= LEAST_GIB
    ]
    if not fitting:
        what = f"an instance type with one GPU of {LEAST_GIB} GiB on {choices.cloud}"
        raise UsageError(f"KAITO {choices.kaito} does not know {what}. Use another --cloud")
    return min(fitting, key=lambda each: (each.gpu_memory_gib, each.name)).name


def _editor_settings() -> str:
    schemas = {
        ".schemas/values.schema.json": ["models/*.yaml"],
        ".schemas/target.schema.json": ["targets/*.yaml"],
        ".schemas/fleet.schema.json": ["fleet.yaml"],
    }
    return json.dumps({"yaml.schemas": schemas}, indent=2) + "\n"
