"""Layers, settings, targets and fleets on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from kaito_pack.documents import Document
from kaito_pack.values import layers
from kaito_pack.values.layers import Layer
from tests.conftest import ROOT, TINY, Run
from tests.tiers import often

TARGET = "apiVersion: pack.kubefoundry.io/v1\nkind: Target\n"


def write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        file = folder / f"{name.replace('__', '/')}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def workspace(text: str) -> dict:
    return next(iter(yaml.safe_load_all(text)))


def args(text: str) -> list[str]:
    return workspace(text)["inference"]["template"]["spec"]["containers"][0]["args"]


def test_later_wins_from_target_to_set(run: Run, tmp_path: Path) -> None:
    write(
        tmp_path,
        base="maxModelLen: 1\nreplicas: 4\nresources: {memory: 1Gi}\n",
        tiny=TINY + "maxModelLen: 2\nresources: {cpu: 1}\n",
        over="maxModelLen: 3\n",
        target=f'{TARGET}kaitoVersion: "0.12"\nlayers: [base.yaml]\nnamespace: models\n',
    )
    plain = run("tiny.yaml", "--target", "target.yaml").stdout
    assert args(plain)[-1] == "2"
    assert workspace(plain)["resource"]["count"] == 4
    assert workspace(plain)["metadata"]["namespace"] == "models"
    requests = workspace(plain)["inference"]["template"]["spec"]["containers"][0]["resources"]["requests"]
    assert requests == {"cpu": "1", "memory": "1Gi", "nvidia.com/gpu": "1"}
    assert args(run("tiny.yaml", "--target", "target.yaml", "-f", "over.yaml").stdout)[-1] == "3"
    done = run("tiny.yaml", "-f", "over.yaml", "--set", "maxModelLen=4", "--set", "maxModelLen=5")
    assert args(done.stdout)[-1] == "5"


def test_options_override_the_target(run: Run, tmp_path: Path) -> None:
    write(tmp_path, tiny=TINY, target=f'{TARGET}kaitoVersion: "0.7"\nnodeProvisioning: byo\n')
    assert run("tiny.yaml", "--target", "target.yaml").returncode == 1
    assert run("tiny.yaml", "--target", "target.yaml", "--kaito-version", "0.12").returncode == 0


def test_a_wrong_target_is_told_with_its_line(run: Run, tmp_path: Path) -> None:
    write(tmp_path, tiny=TINY, target=TARGET + 'kaitoVersion: "0.12"\nnodeProvisoning: byo\n')
    done = run("tiny.yaml", "--target", "target.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    assert "target.yaml:4:1" in done.stderr
    assert "nodeProvisioning" in done.stderr


@pytest.mark.parametrize(
    ("setting", "path", "value"),
    [
        ("replicas=3", ("resource", "count"), 3),
        (r"labelSelector.a\.b/c=d", ("resource", "labelSelector", "matchLabels"), {"a.b/c": "d"}),
        ("preferredNodes={a-1,b-1}", ("resource", "preferredNodes"), ["a-1", "b-1"]),
        ("preferredNodes[0]=a-1", ("resource", "preferredNodes"), ["a-1"]),
        ("replicas=2,namespace=team-a", ("metadata", "namespace"), "team-a"),
    ],
)
def test_a_setting_is_read_as_helm_reads_it(
    run: Run, setting: str, path: tuple[str, ...], value: object
) -> None:
    result = workspace(run("-", "--set", setting, stdin=TINY).stdout)
    for step in path:
        result = result[step]
    assert result == value


def test_settings_are_typed_and_set_string_is_text(run: Run) -> None:
    assert "`true` is not text" in run("-", "--set", "labelSelector.gpu=true", stdin=TINY).stderr
    done = run("-", "--set-string", "labelSelector.gpu=true", stdin=TINY)
    assert workspace(done.stdout)["resource"]["labelSelector"]["matchLabels"] == {"gpu": "true"}


def test_null_takes_a_value_away(run: Run) -> None:
    done = run("-", "--set", "maxModelLen=null", stdin=TINY + "maxModelLen: 5\n")
    assert "--max-model-len" not in args(done.stdout)


def test_a_problem_names_the_setting_or_the_layer(run: Run, tmp_path: Path) -> None:
    write(tmp_path, tiny=TINY, over="# a layer\nreplicas: 0\n")
    assert (
        "--set resources.gpu=9: resources.gpu: `9` is above 8"
        in run("tiny.yaml", "--set", "resources.gpu=9").stderr
    )
    assert "over.yaml:2:11 replicas: `0` is below 1" in run("tiny.yaml", "-f", "over.yaml").stderr


@pytest.mark.parametrize("setting", ["replicas", "=3", "a[x]=1", "a..b=1", "preferredNodes[7]=a"])
def test_a_setting_that_says_nothing_is_exit_2(run: Run, setting: str) -> None:
    done = run("-", "--set", setting, stdin=TINY)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr


def test_explain_says_where_a_value_came_from(run: Run, tmp_path: Path) -> None:
    write(tmp_path, tiny=TINY + "maxModelLen: 2\n", over="maxModelLen: 3\n")
    done = run("explain", "tiny.yaml", "maxModelLen", "-f", "over.yaml")
    assert (
        done.stdout
        == "maxModelLen: 3\n  from over.yaml:1:14 (layer)\n  over tiny.yaml:4:14 (the values file): 2\n"
    )
    assert "the schema's default" in run("explain", "tiny.yaml", "replicas").stdout
    assert (
        "chosen by another value"
        in run("explain", ROOT / "values" / "mistral-autoprovisioned.yaml", "labelSelector").stdout
    )


@pytest.mark.parametrize(
    ("example", "path", "line"),
    [
        ("llama", "inference.template.spec.containers[0].args[5]", "- {{ tensorParallelSize }}"),
        ("llama", "resource.count", "count: {{ replicas }}"),
        (
            "llama",
            "inference.template.spec.containers[0].livenessProbe.initialDelaySeconds",
            "startupMinutes * 60",
        ),
        (
            "qwen-gguf-gpu",
            "inference.template.spec.containers[0].readinessProbe.httpGet.path",
            "mode.probePath",
        ),
        ("qwen-gguf-gpu", "spec.ports[0].port", "port: {{ mode.port }}"),
        ("preset-phi", "inference.config", "-config"),
    ],
)
def test_explain_says_which_template_line_made_a_part(run: Run, example: str, path: str, line: str) -> None:
    text = run("explain", ROOT / "values" / f"{example}.yaml", path).stdout
    reported = next(item for item in text.splitlines() if item.startswith("  by templates/"))
    assert line in reported
    file, number = reported.removeprefix("  by ").split(": ")[0].rsplit(":", 1)
    assert (ROOT / file).read_text(encoding="utf-8").splitlines()[int(number) - 1].strip() in reported


def test_explain_knows_what_the_user_wrote_word_for_word(run: Run) -> None:
    text = run(
        "explain", ROOT / "values" / "vllm-extended.yaml", "inference.template.spec.volumes[1].name"
    ).stdout
    assert "written at" in text


FLEET = """apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
  - {name: new, target: new.yaml, values: ["models/*.yaml"], out: out/new}
  - {name: old, target: old.yaml, values: ["models/tiny.yaml"], out: out/old}
"""


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    write(
        tmp_path,
        fleet=FLEET,
        new=f'{TARGET}kaitoVersion: "0.12"\n',
        old=f'{TARGET}kaitoVersion: "0.6"\n',
        models__tiny=TINY,
        models__two=TINY.replace("tiny", "two", 1) + "replicas: 2\n",
    )
    return tmp_path


def test_a_fleet_renders_every_cluster_into_its_own_tree(run: Run, fleet: Path) -> None:
    assert run("render", "--fleet", "fleet.yaml").returncode == 0
    names = sorted(
        file.relative_to(fleet / "out").as_posix() for file in (fleet / "out").rglob("workspace-*")
    )
    assert names == [
        "new/kaito-workspace/workspace-tiny.yaml",
        "new/kaito-workspace/workspace-two.yaml",
        "old/kaito-workspace/workspace-tiny.yaml",
    ]
    assert run("render", "--fleet", "fleet.yaml", "--check").returncode == 0


def test_a_pair_that_cannot_work_is_told_per_target_and_nothing_is_written(run: Run, fleet: Path) -> None:
    (fleet / "fleet.yaml").write_text(FLEET.replace("models/tiny.yaml", "models/*.yaml"), encoding="utf-8")
    done = run("render", "--fleet", "fleet.yaml")
    assert done.returncode == 1
    assert "models/two.yaml: accepted on new, rejected on old: resource.count: KAITO 0.6" in done.stderr
    assert not (fleet / "out").exists()


@pytest.mark.parametrize(
    ("change", "reported"),
    [
        (("out/old", "out/new"), "is the output folder of new, contains it, or is inside it"),
        (("out/old", "out/new/below"), "is the output folder of new, contains it, or is inside it"),
        (("models/tiny.yaml", "none/*.yaml"), "matches no file"),
        (("name: old", "name: new"), "another target also has the name"),
        (("target: old.yaml", "target: gone.yaml"), "gone.yaml"),
    ],
)
def test_a_wrong_fleet_is_told(run: Run, fleet: Path, change: tuple[str, str], reported: str) -> None:
    (fleet / "fleet.yaml").write_text(FLEET.replace(*change), encoding="utf-8")
    done = run("render", "--fleet", "fleet.yaml")
    assert done.returncode in (1, 2)
    assert reported in done.stderr
    assert not (fleet / "out").exists()


def test_every_fault_of_a_fleet_is_told_at_its_line(run: Run, fleet: Path) -> None:
    write(fleet, old=f'{TARGET}kaitoVersion: "0.99"\nlayers: [gone.yaml]\ncatalogues: [none.yaml]\n')
    text = FLEET.replace("target: new.yaml", "target: nothing.yaml").replace("models/tiny", "models/none")
    (fleet / "fleet.yaml").write_text(text, encoding="utf-8")
    done = run("render", "--fleet", "fleet.yaml")
    assert (done.returncode, done.stdout) == (1, "")
    for place in (
        "fleet.yaml:4:25 targets[0].target: nothing.yaml",
        "targets[1].values[0]: `models/none.yaml` matches no file",
        "old.yaml:3:15 kaitoVersion: `0.99`",
        "old.yaml:4:10 layers[0]: gone.yaml",
        "old.yaml:5:14 catalogues[0]: none.yaml",
    ):
        assert place in done.stderr


def test_a_pattern_passes_over_what_is_no_values_file_and_takes_a_file_once(run: Run, fleet: Path) -> None:
    write(fleet, models__map="apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n")
    text = FLEET.replace('["models/*.yaml"]', '["models/*.yaml", models/tiny.yaml, models, "*s/t*"]')
    (fleet / "fleet.yaml").write_text(text, encoding="utf-8")
    done = run("render", "--fleet", "fleet.yaml")
    assert (done.returncode, done.stderr) == (0, "7 files, 7 changed, 0 removed\n")
    assert len(list((fleet / "out" / "new").rglob("workspace-*"))) == 2


def test_paths_are_from_the_fleets_own_folder(run: Run, fleet: Path, tmp_path: Path) -> None:
    (fleet / "elsewhere").mkdir()
    done = run("render", "--fleet", "../fleet.yaml", cwd=fleet / "elsewhere")
    assert done.returncode == 0, done.stderr
    assert (fleet / "out" / "new" / "kustomization.yaml").is_file()


def test_a_fleet_says_what_it_did(run: Run, fleet: Path) -> None:
    def summary(*options: str) -> str:
        done = run("render", "--fleet", "fleet.yaml", *options)
        assert (done.returncode, done.stdout) == (0, "")
        return done.stderr

    first = summary()
    total = first.split()[0]
    assert first == f"{total} files, {total} changed, 0 removed\n"
    assert int(total) == len(list((fleet / "out").rglob("*.yaml")))
    assert summary() == f"{total} files, 0 changed, 0 removed\n"
    (fleet / "models" / "two.yaml").unlink()
    assert summary("--prune") == f"{int(total) - 1} files, 1 changed, 1 removed\n"


def test_a_check_of_a_fleet_is_json_for_programs(run: Run, fleet: Path) -> None:
    check = ("render", "--fleet", "fleet.yaml", "--check", "-o", "json")
    done = run(*check)
    assert (done.returncode, done.stderr) == (1, "")
    report = json.loads(done.stdout)
    assert {row["state"] for row in report["drift"]} == {"missing"}
    assert all(row["file"].startswith("out/") for row in report["drift"])
    assert report["problems"] == []
    assert run("render", "--fleet", "fleet.yaml").returncode == 0
    done = run(*check)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"drift": [], "problems": []})
    (fleet / "models" / "two.yaml").write_text("name: two\nmodelSource: vlm\n", encoding="utf-8")
    done = run(*check)
    assert done.returncode == 1
    assert [row["rule"] for row in json.loads(done.stdout)["problems"]] == ["values/unknown-mode"]


def test_output_folders_that_a_link_makes_one_are_told(run: Run, fleet: Path) -> None:
    (fleet / "out" / "new").mkdir(parents=True)
    (fleet / "out" / "old").symlink_to("new")
    assert "output folder of new" in run("render", "--fleet", "fleet.yaml").stderr


def test_a_fleet_is_pruned_tree_by_tree(run: Run, fleet: Path) -> None:
    assert run("render", "--fleet", "fleet.yaml").returncode == 0
    (fleet / "models" / "two.yaml").unlink()
    drift = run("render", "--fleet", "fleet.yaml", "--check")
    assert (drift.returncode, "workspace-two.yaml:1:1 stale" in drift.stderr) == (1, True)
    assert run("render", "--fleet", "fleet.yaml", "--prune").returncode == 0
    assert run("render", "--fleet", "fleet.yaml", "--check").returncode == 0
    assert len(list((fleet / "out").rglob("workspace-*"))) == 2


def test_the_targets_namespace_lies_under_its_layers(run: Run, tmp_path: Path) -> None:
    target = f'{TARGET}kaitoVersion: "0.12"\nnamespace: of-target\n'
    write(
        tmp_path,
        tiny=TINY,
        base="namespace: of-layer\n",
        target=target,
        both=f"{target}layers: [base.yaml]\n",
    )
    for options, wanted in (
        (("--target", "target.yaml"), "of-target"),
        (("--target", "both.yaml"), "of-layer"),
        (("--target", "both.yaml", "--set", "namespace=of-set"), "of-set"),
    ):
        assert workspace(run("tiny.yaml", *options).stdout)["metadata"]["namespace"] == wanted


def test_a_default_is_replaced_as_a_whole(run: Run) -> None:
    text = TINY + "labelSelector: {apps: a}\n"
    selector = workspace(run("-", "--set", r"labelSelector.x\.y=z", stdin=text).stdout)["resource"]
    assert selector["labelSelector"]["matchLabels"] == {"apps": "a", "x.y": "z"}
    plain = workspace(run("-", "--set", "labelSelector.a=b", stdin=TINY).stdout)["resource"]
    assert plain["labelSelector"]["matchLabels"] == {"a": "b"}


def test_settings_and_texts_keep_their_order(run: Run) -> None:
    options = ("--set-string", "labelSelector.a=1", "--set", "labelSelector.a=x")
    assert workspace(run("-", *options, stdin=TINY).stdout)["resource"]["labelSelector"]["matchLabels"] == {
        "a": "x"
    }


def test_explain_tells_of_a_null_and_of_every_part_of_a_map(run: Run, tmp_path: Path) -> None:
    write(tmp_path, tiny=TINY + "maxModelLen: 2\nresources: {cpu: 2}\n")
    null = run("explain", "tiny.yaml", "maxModelLen", "--set", "maxModelLen=null").stdout
    assert "not set" in null
    assert "removed by null at --set maxModelLen=null" in null
    parts = run("explain", "tiny.yaml", "resources", "--set", "resources.memory=4Gi").stdout
    assert "from tiny.yaml:5:18" in parts
    assert "from --set resources.memory=4Gi" in parts
    assert "resources.gpu: 1\n    the schema's default" in parts


scalars = st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2)
anything = st.recursive(
    st.none() | scalars,
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
maps = st.dictionaries(st.sampled_from("abc"), anything, max_size=3)
# The same field is a map in every layer or in none, and nobody takes anything away.
alike = st.fixed_dictionaries(
    {}, optional={"a": scalars, "b": scalars, "m": st.dictionaries(st.sampled_from("xyz"), scalars)}
)


def merged(*values: dict) -> dict:
    return layers.merge([Layer(Document(f"{number}", 1, value)) for number, value in enumerate(values)])


@often(200)
@given(item=maps, two=maps, three=maps)
def test_layers_are_laid_one_over_the_other_from_the_lowest(item: dict, two: dict, three: dict) -> None:
    assert merged(item, two, three) == merged(merged(item, two), three)
    assert merged(item) == item == merged({}, item) == merged(item, {}) == merged(item, item)


@often(200)
@given(item=alike, two=alike, three=alike)
def test_layers_of_one_shape_may_be_grouped_in_any_way(item: dict, two: dict, three: dict) -> None:
    assert merged(item, merged(two, three)) == merged(item, two, three)


@often(200)
@given(item=maps, two=maps)
def test_what_the_later_layer_says_holds(item: dict, two: dict) -> None:
    together = merged(item, two)
    for key, value in two.items():
        both = isinstance(value, dict) and isinstance(item.get(key), dict)
        assert together[key] == (merged(item[key], value) if both else value)
    assert {key: together[key] for key in set(item) - set(two)} == {
        key: item[key] for key in set(item) - set(two)
    }


@often(200)
@given(item=maps, two=maps)
def test_merging_changes_none_of_the_layers(item: dict, two: dict) -> None:
    before = repr((item, two))
    merged(item, two)
    assert repr((item, two)) == before


def test_a_layer_may_be_empty_or_wrapped(run: Run, tmp_path: Path) -> None:
    wrapped = "apiVersion: pack.kubefoundry.io/v1\nkind: Values\nspec: {replicas: 3}\n"
    write(tmp_path, tiny=TINY, nothing="# later\n", wrapped=wrapped)
    done = run("tiny.yaml", "-f", "nothing.yaml", "-f", "wrapped.yaml")
    assert workspace(done.stdout)["resource"]["count"] == 3


def test_paths_in_a_target_are_told_without_detours(run: Run, tmp_path: Path) -> None:
    target = f'{TARGET}kaitoVersion: "0.12"\nlayers: [../base.yaml]\n'
    write(tmp_path, tiny=TINY, base="replcas: 1\n", targets__target=target)
    assert run("tiny.yaml", "--target", "targets/target.yaml").stderr.startswith("base.yaml:1:1 replcas: ")


def test_all_versions_are_for_validate_with_a_fleet_too(run: Run, fleet: Path) -> None:
    done = run("render", "--fleet", "fleet.yaml", "--kaito-version", "all")
    assert (done.returncode, "works with validate only" in done.stderr) == (2, True)


def test_brackets_in_the_name_of_a_folder_are_no_pattern(run: Run, tmp_path: Path) -> None:
    fleet = FLEET_OF_ONE.format(values='"*.yaml", "[x]", "[x]/one.yaml"')
    head = "of [team]"
    write(tmp_path / head, tiny=TINY, fleet=fleet, target=f'{TARGET}kaitoVersion: "0.12"\n')
    write(tmp_path / head / "[x]", one=TINY.replace("tiny", "one"))
    assert run("render", "--fleet", f"{head}/fleet.yaml").stderr == "4 files, 4 changed, 0 removed\n"
    result = sorted(file.name for file in (tmp_path / head / "out").rglob("workspace-*"))
    assert result == ["workspace-one.yaml", "workspace-tiny.yaml"]


def test_why_a_pair_cannot_work_names_the_value(run: Run, tmp_path: Path) -> None:
    fleet = FLEET_OF_ONE.format(values="tiny.yaml")
    write(tmp_path, tiny="name: tiny\n", fleet=fleet, target=f'{TARGET}kaitoVersion: "0.12"\n')
    done = run("render", "--fleet", "fleet.yaml")
    assert done.stderr.splitlines()[-1] == "tiny.yaml: rejected on a: modelSource: required value is missing"


FLEET_OF_ONE = """apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
  - {{name: a, target: target.yaml, values: [{values}], out: out}}
"""
