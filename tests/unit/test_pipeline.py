"""A run judged file by file gives the verdicts of one that knows all files at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from kaito_pack.documents import read_text
from kaito_pack.kaito.crd import versions
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.rendering.manifests import as_yaml
from kaito_pack.run.judgement import Judgement
from kaito_pack.run.pipeline import Pipeline
from kaito_pack.run.sources import Source, named_files, values_sources
from kaito_pack.run.validation import Validator
from tests.conftest import ROOT
from tests.work import calls

BASE = "modelSource: vllm\nmodelId: acme/tiny\n"
OWN = BASE + "instanceType: Standard_NC24ads_A100_v4\nlabelSelector: {apps: %s}\n"
CONFIG = """extraObjects:
  - apiVersion: v1
    kind: ConfigMap
    metadata: {name: mine, namespace: %s}
    data: {inference_config.yaml: "vllm: {max-model-len: 5}"}
"""
SERVICE = """extraObjects:
  - apiVersion: v1
    kind: Service
    metadata: {name: all-of-them}
    spec: {selector: {app.kubernetes.io/name: kubefoundry}, ports: [{port: 80}]}
"""
ALONE = {"a": f"name: a\n{BASE}", "b": f"name: b\n{BASE}", "bad": f"name: bad\nreplicas: 0\n{BASE}"}
RUNS = {
    "files that have nothing to do with each other": ALONE,
    "one Workspace twice": {"a": f"name: a\n{BASE}", "b": f"name: a\n{BASE}replicas: 2\n"},
    "one name in two namespaces": {"a": f"name: a\n{BASE}", "b": f"name: a\nnamespace: b\n{BASE}"},
    "one selector in two files": {"a": "name: a\n" + OWN % "x", "b": "name: b\n" + OWN % "x"},
    "two selectors": {"a": "name: a\n" + OWN % "x", "b": "name: b\n" + OWN % "y"},
    "a ConfigMap in another file": {"a": f"name: a\n{BASE}", "b": f"name: b\n{BASE}{CONFIG % 'b'}"},
    "a Service in another file": {"a": f"name: a\n{BASE}", "b": f"name: b\n{BASE}{SERVICE}"},
}


def messages(outcomes: Sequence[Judgement]) -> list[tuple[str, list[str]]]:
    return [
        (
            Path(item.file).name,
            sorted(f"{result.place} {result.rule} {result.message}" for result in item.problems),
        )
        for item in outcomes
    ]


@pytest.mark.parametrize("kaito", ["0.6", "0.8", "0.12"])
@pytest.mark.parametrize("files", RUNS.values(), ids=RUNS)
def test_a_lean_run_tells_what_a_whole_one_tells(files: dict[str, str], kaito: str, tmp_path: Path) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    pipeline = Pipeline(Pack(), Target(kaito, "1.35"))
    whole = pipeline.judge(values_sources([str(tmp_path)]))
    lean = pipeline.judge_apart(named_files([str(tmp_path)]), as_yaml)
    assert messages(lean) == messages(whole)
    assert [item.content for item in lean] == [
        as_yaml(item.manifests) if item.is_good else None for item in whole
    ]


@pytest.mark.parametrize("kaito", ["0.8"])
def test_two_files_of_one_selector_are_told_of_each_other(kaito: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"name: {name}\n" + OWN % "x", encoding="utf-8")
    outcomes = Pipeline(Pack(), Target(kaito, "1.35")).judge_apart(named_files([str(tmp_path)]), as_yaml)
    assert all("controller/selector-shared" in {result.rule for result in item.problems} for item in outcomes)


def test_a_lean_run_holds_no_manifests(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ALONE["a"], encoding="utf-8")
    (outcome,) = Pipeline(Pack(), Target("0.12", "1.35")).judge_apart(named_files([str(tmp_path)]), as_yaml)
    assert (outcome.values, outcome.objects) == (None, [])
    assert "kind: Workspace" in outcome.content


def test_values_are_rendered_once_for_several_targets(monkeypatch: pytest.MonkeyPatch) -> None:
    pack, targets = Pack(), [Target("0.8", "1.35"), Target("0.12", "1.35")]
    sources = [
        Source(f"{name}.yaml", read_text(text, f"{name}.yaml"))
        for name, text in RUNS["one selector in two files"].items()
    ]
    apart = [Validator(pack, target).run(sources) for target in targets]
    rendered: list[str] = []
    render = Pipeline.rendered

    def noted(pipeline: Pipeline, source: Source) -> Judgement:
        rendered.append(source.file)
        return render(pipeline, source)

    monkeypatch.setattr(Pipeline, "rendered", noted)
    together = Validator(pack, targets[0]).run_for(targets, sources)
    assert rendered == [source.file for source in sources]
    assert together == apart
    assert together[0] != together[1], "KAITO 0.8 counts nodes that two Workspaces select"


def test_what_does_not_depend_on_the_version_is_judged_once() -> None:
    pack = Pack()
    targets = [Target(kaito, "1.35") for kaito in versions()]
    example = (ROOT / "values" / "rendered" / "llama.yaml").read_text(encoding="utf-8")
    sources = [Source("llama.yaml", read_text(example, "llama.yaml"))]

    def run(*chosen: Target) -> int:
        return calls(lambda: Validator(pack, chosen[0]).run_for(chosen, sources))

    run(*targets)  # tables and schemas are read once
    apart, together = sum(run(target) for target in targets), run(*targets)
    assert together < apart / 2
