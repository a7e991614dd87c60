"""Packs of one's own: a template overridden, a value, a mode, a KAITO version added; and their limits."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from kaito_pack.facts import patterns, tables
from kaito_pack.form.web.state import read_state
from kaito_pack.form.web.view import Views
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.rendering.render_child import ForeignTemplates
from tests.conftest import ROOT, TINY, Run
from tests.tiers import mostly_full


def pack(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    """A pack that overrides one partial and adds one value."""
    labels = (ROOT / "templates" / "_partials" / "labels.yaml.j2").read_text(encoding="utf-8")
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": "pack:below",
        "properties": {"team": {"type": "string", "default": "nobody", "examples": ["a"]}},
        "unevaluatedProperties": False,
    }
    files = {
        "templates/_partials/labels.yaml.j2": labels + "example.com/team: {{ team }}\n",
        "values/vllm.yaml": TINY + "team: a\n",
    }
    for mode in Pack().mode_names:
        files[f"schemas/values/{mode}.schema.json"] = json.dumps(schema)
    return pack(tmp_path / "labelled", files)


def test_a_template_is_overridden_and_a_value_added(run: Run, labelled: Path) -> None:
    done = run("-", "--pack", labelled, stdin=TINY + "team: research\n")
    assert done.returncode == 0, done.stderr
    for body in yaml.safe_load_all(done.stdout):
        assert body["metadata"]["labels"]["example.com/team"] == "research"


def test_an_added_value_has_its_default(run: Run, labelled: Path) -> None:
    assert "example.com/team: nobody" in run("-", "--pack", labelled, stdin=TINY).stdout


def test_an_added_value_is_checked_as_strictly(run: Run, labelled: Path) -> None:
    assert "team: `5` is not text" in run("-", "--pack", labelled, stdin=TINY + "team: 5\n").stderr
    assert (
        "teem: unknown value. Did you mean `team`?"
        in run("-", "--pack", labelled, stdin=TINY + "teem: a\n").stderr
    )
    assert "team: unknown value" in run("-", stdin=TINY + "team: a\n").stderr


def test_the_environment_names_packs_too(run: Run, labelled: Path) -> None:
    env = {"KAITO_PACK": os.pathsep.join([str(labelled)])}
    assert "example.com/team: a" in run("-", stdin=TINY + "team: a\n", env=env).stdout


def test_list_says_where_each_file_comes_from(run: Run, labelled: Path) -> None:
    lines = run("pack", "list", "--pack", labelled).stdout.splitlines()
    assert f"templates/_partials/labels.yaml.j2\t{labelled} (hides built in)" in lines
    assert "templates/vllm/workspace.yaml.j2\tbuilt in" in lines


def test_check_finds_a_sound_pack_sound(run: Run, labelled: Path) -> None:
    done = run("pack", "check", labelled)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A foreign pack has one second for its templates, and half of one for its schemas."""
    monkeypatch.setattr(ForeignTemplates.__init__, "__defaults__", (1.0,))
    monkeypatch.setattr(patterns, "SECONDS", 0.5)


LOOP = "{% for a in range(1000) %}" * 3 + "EACH" + "{% endfor %}" * 3
MODE = {
    "templates/echo/mode.yaml": "title: Echo\ndescription: Echoes.\nengine: echo\nport: 9000\n",
    "templates/echo/workspace.yaml.j2": "apiVersion: v1\nkind: ConfigMap\n"
    "metadata:\n  name: {{ name }}\n  namespace: {{ namespace }}\n",
    "schemas/values/echo.schema.json": json.dumps(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": "common.schema.json",
            "properties": {"modelSource": {"const": "echo"}},
            "unevaluatedProperties": False,
        }
    ),
    "values/echo.yaml": "name: tiny\nmodelSource: echo\n",
}


def test_a_mode_is_files_alone(run: Run, tmp_path: Path) -> None:
    folder = pack(tmp_path / "echo", MODE)
    assert run("pack", "check", folder).returncode == 0
    done = run("-", "--pack", folder, stdin=MODE["values/echo.yaml"])
    assert yaml.safe_load(done.stdout)["metadata"] == {"name": "tiny", "namespace": "kaito-workspace"}


@pytest.mark.parametrize(
    ("name", "text", "report"),
    [
        (
            "templates/echo/workspace.yaml.j2",
            "a: {{ nmae }}\n",
            "reads nmae, but schemas/values/echo.schema.json does not define it",
        ),
        ("templates/echo/workspace.yaml.j2", "a: {% if %}\n", "templates/echo/workspace.yaml.j2:1: "),
        ("schemas/values/echo.schema.json", "{", "not JSON"),
        ("schemas/values/echo.schema.json", '{"type": "objekt"}', "objekt"),
        ("values/echo.yaml", "name: A\nmodelSource: echo\n", "is not a valid DNS label"),
    ],
)
def test_check_tells_what_is_wrong_with_a_pack(
    run: Run, tmp_path: Path, name: str, text: str, report: str
) -> None:
    done = run("pack", "check", pack(tmp_path / "echo", MODE | {name: text}))
    assert done.returncode == 1
    assert report in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.usefixtures("impatient")
def test_a_template_that_never_ends_is_ended(run: Run, tmp_path: Path) -> None:
    done = rendered_by(run, tmp_path, LOOP.replace("EACH", "") + "a: 1\n")
    assert done.returncode == 1
    assert "was stopped" in done.stderr


def test_a_template_that_fills_the_memory_is_ended(run: Run, tmp_path: Path) -> None:
    done = rendered_by(run, tmp_path, LOOP.replace("EACH", "{% filter indent(1000000) %}a\nb{% endfilter %}"))
    assert done.returncode == 1
    assert "was stopped" in done.stderr
    assert "Traceback" not in done.stderr


def rendered_by(run: Run, folder: Path, template: str) -> subprocess.CompletedProcess[str]:
    """What comes of the mode's example where its Workspace is rendered by `template`."""
    own = pack(folder / "echo", MODE | {"templates/echo/workspace.yaml.j2": template})
    return run("-", "--pack", own, stdin=MODE["values/echo.yaml"])


def test_a_new_kaito_version_is_files_alone(run: Run, tmp_path: Path) -> None:
    """A made-up 0.13 with one new field, and where the instance type need not be given any more."""
    newest = json.loads((ROOT / "facts" / "kaito" / "0.12.json").read_text(encoding="utf-8"))
    newest["v1beta1"]["properties"]["resource"]["properties"]["priority"] = {"type": "string"}
    files = {
        "facts/kaito/0.13.json": json.dumps(newest),
        "facts/kaito/versions.json": json.dumps({"0.13": {"kubernetesApi": "1.36", "release": "0.13.0"}}),
        "facts/rules/webhook.json": json.dumps(
            {f"webhook/instance-type-{rule}": {"versions": "-0.12"} for rule in ("required", "unknown")}
        ),
    }
    folder = pack(tmp_path / "next", files)
    workspace = yaml.safe_load(
        (ROOT / "values" / "rendered" / "phi-small.yaml").read_text(encoding="utf-8").partition("---")[0]
    )
    workspace["resource"]["priority"] = "high"
    text = yaml.safe_dump(workspace)
    for version, refused in (
        ("0.12", {"crd/unknown-field", "webhook/instance-type-required"}),
        ("0.13", set()),
    ):
        done = run(
            "validate",
            "-",
            "--pack",
            folder,
            "--kaito-version",
            version,
            "--node-provisioning",
            "auto",
            "-o",
            "json",
            stdin=text,
        )
        result = {
            item["rule"]
            for entry in json.loads(done.stdout)
            for item in entry["problems"]
            if item["layer"] in ("crd", "webhook")
        }
        assert result == refused
    assert run(ROOT / "values" / "llama.yaml", "--pack", folder).returncode == 0, "the newest is the default"


def test_a_folder_that_is_no_pack_is_exit_2(run: Run, tmp_path: Path) -> None:
    done = run(ROOT / "values" / "llama.yaml", "--pack", tmp_path / "missing")
    assert done.returncode == 2
    assert "not a pack" in done.stderr


CONFIG_MAP = MODE["templates/echo/workspace.yaml.j2"]
HOSTILE = {
    "compiling fills the memory": (CONFIG_MAP + "{{ 'a\nb' | indent(2000000000) }}", "was stopped"),
    "no such filter": (
        CONFIG_MAP + "{{ name | attr('__class__') }}",
        "workspace.yaml.j2:6: No filter named 'attr'",
    ),
    "no attribute": (CONFIG_MAP + "{{ name.__class__.__mro__ }}", "workspace.yaml.j2:6: "),
    "nested deeply": (CONFIG_MAP + "{{ " + "[" * 5000 + "]" * 5000 + " }}", "nested too deeply"),
    "includes itself": ("{% include 'echo/workspace.yaml.j2' %}", "includes itself"),
    "absolute path": ("{% include '/etc/hostname' %}", "workspace.yaml.j2"),
    "path that leads up": ("{% include 'echo/../../values/echo.yaml' %}", "is not a template of the pack"),
    "link that leads out": ("{% include 'echo/link.txt' %}", "echo/link.txt: points outside the pack"),
    "no manifest": (
        "{% include 'echo/mode.yaml' %}",
        "its output is not a manifest: apiVersion is not a string",
    ),
    "no namespace": (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n",
        "metadata.namespace is not a string",
    ),
    "nothing": ("{# nothing #}", "templates/echo/workspace.yaml.j2: the output is empty"),
    "no number": (CONFIG_MAP + "{{ 'nan' | float }}", "workspace.yaml.j2:6: "),
}


# Each case starts two processes; the quick tier has one of what is read, run and printed.
QUICK = ("no such filter", "no manifest")


@pytest.mark.parametrize(
    "name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.full) for name in HOSTILE]
)
def test_a_hostile_template_is_told_by_name_whoever_reads_it(run: Run, tmp_path: Path, name: str) -> None:
    template, report = HOSTILE[name]
    folder = pack(tmp_path / "echo", MODE | {"templates/echo/workspace.yaml.j2": template})
    (folder / "templates/echo/link.txt").symlink_to(ROOT / "values" / "rendered" / "phi-small.yaml")
    for arguments in (("-", "--pack", folder), ("pack", "check", folder)):
        done = run(*arguments, stdin=MODE["values/echo.yaml"])
        assert done.returncode == 1 and "kind: Workspace" not in done.stdout
        assert report in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr


def test_explain_reads_a_foreign_template_in_the_child_too(run: Run, tmp_path: Path) -> None:
    folder = pack(tmp_path / "echo", MODE)
    done = run("explain", folder / "values/echo.yaml", "metadata.name", "--pack", folder)
    assert "by templates/echo/workspace.yaml.j2:4: name: {{ name }}" in done.stdout
    bomb = {"templates/echo/workspace.yaml.j2": CONFIG_MAP + "{{ 'a\nb' | indent(2000000000) }}"}
    done = run("explain", pack(folder, bomb) / "values/echo.yaml", "metadata.name", "--pack", folder)
    assert (done.returncode, "was stopped" in done.stderr) == (1, True)


def test_processes_that_share_the_work_do_not_share_a_child(process: Run, tmp_path: Path) -> None:
    folder = pack(tmp_path / "echo", MODE)
    files = {f"values/v{index}.yaml": f"name: n{index}\nmodelSource: echo\n" for index in range(300)}
    done = process(*sorted(pack(folder, files).glob("values/v*.yaml")), "--pack", folder)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [item["metadata"]["name"] for item in yaml.safe_load_all(done.stdout)] == sorted(
        f"n{index}" for index in range(300)
    )


def test_a_partial_that_is_replaced_is_checked_in_every_mode(run: Run, labelled: Path) -> None:
    partial = labelled / "templates/_partials/labels.yaml.j2"
    partial.write_text(partial.read_text("utf-8") + "a: {{ teem }}\n", encoding="utf-8")
    report = run("pack", "check", labelled).stdout
    for mode in ("vllm", "huggingface", "premade", "preset"):
        assert f"templates/{mode}/workspace.yaml.j2: reads teem" in report


def test_check_judges_the_facts_of_a_mode(run: Run, tmp_path: Path) -> None:
    facts = MODE["templates/echo/mode.yaml"].replace("port: 9000", "prot: 9000")
    folder = pack(tmp_path / "echo", MODE | {"templates/echo/mode.yaml": facts})
    report = run("pack", "check", folder).stdout
    assert "templates/echo/mode.yaml:4:1 prot: " in report
    assert "Did you mean port?" in report


SCHEMA = json.loads(MODE["schemas/values/echo.schema.json"])


def schema(**fields: object) -> dict[str, str]:
    return {"schemas/values/echo.schema.json": json.dumps({**SCHEMA, **fields})}


BROKEN = {
    "$ref in a circle": (schema(**{"$ref": "echo.schema.json"}), "leads back to itself"),
    "$ref that is no text": (schema(**{"$ref": 5}), "schemas/values/echo.schema.json"),
    "properties that are none": (schema(properties=5), "schemas/values/echo.schema.json"),
    "no object": ({"schemas/values/echo.schema.json": "[]"}, "not a JSON object"),
    "nested deeply": ({"schemas/values/echo.schema.json": '{"not":' * 3000 + "{}" + "}" * 3000}, "not JSON"),
    "facts that are a list": (
        {"templates/echo/mode.yaml": "[]\n"},
        "echo/mode.yaml:1:1 `[]` has the wrong type. Use a map",
    ),
    "facts of a wrong type": (
        {"templates/echo/mode.yaml": MODE["templates/echo/mode.yaml"] + "mounts: 5\n"},
        "echo/mode.yaml:5:9 mounts: `5` has the wrong type. Use a list",
    ),
    "no template": ({"templates/ghost/mode.yaml": "port: 1\n"}, None),
}


@pytest.mark.parametrize("name", mostly_full(BROKEN, 3))
def test_a_broken_schema_or_mode_is_the_packs_fault(run: Run, tmp_path: Path, name: str) -> None:
    files, report = BROKEN[name]
    folder = pack(tmp_path / "a pack", MODE | files)
    for arguments in (("-", "--pack", folder), ("pack", "check", folder)):
        done = run(*arguments, stdin=MODE["values/echo.yaml"])
        assert "Traceback" not in done.stdout + done.stderr
        assert report is None or (done.returncode == 1 and report in done.stdout + done.stderr)
    assert done.returncode == 1, "pack check"


@pytest.mark.usefixtures("impatient")
def test_a_pattern_that_tries_for_ever_is_ended(run: Run, tmp_path: Path) -> None:
    text = {"type": "string", "pattern": "^(a|a|aa)+$"}
    folder = pack(tmp_path / "echo", MODE | schema(properties=SCHEMA["properties"] | {"a": text}))
    done = run("-", "--pack", folder, stdin=MODE["values/echo.yaml"] + f"a: {'a' * 60}b\n")
    assert (
        done.returncode,
        "echo.schema.json: pattern `^(a|a|aa)+$` tries too many ways" in done.stdout + done.stderr,
    ) == (
        1,
        True,
    )


def test_a_schema_of_true_allows_anything(run: Run, tmp_path: Path) -> None:
    folder = pack(tmp_path / "echo", MODE | schema(properties=SCHEMA["properties"] | {"a": True, "b": False}))
    assert run("-", "--pack", folder, stdin=MODE["values/echo.yaml"] + "a: [1]\n").returncode == 0
    assert run("-", "--pack", folder, stdin=MODE["values/echo.yaml"] + "b: 1\n").returncode == 1


@pytest.mark.parametrize("row", [{"a": "b"}, {"gpus": 0, "gpuMemoryGiB": 8, "model": "a"}, 5])
def test_an_instance_type_of_a_pack_has_its_figures(run: Run, tmp_path: Path, row: object) -> None:
    types = json.dumps({"azure": {"Standard_NC1": row}})
    folder = pack(tmp_path / "echo", MODE | {"facts/kaito/instance-types.json": types})
    done = run("validate", ROOT / "values/mistral-autoprovisioned.yaml", "--pack", folder)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr
    assert "`Standard_NC1` is not a valid instance type. Write a map with gpus" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "content", "report"),
    [
        ("rules/values.json", {"values/missing": 5}, "values/missing is a number. Write a map"),
        ("rules/values.json", {"values/mine": {"message": "x"}}, "values/mine: fix is missing"),
        ("rules/values.json", {"values/missing": {"mesage": "x"}}, "mesage is not a field of a rule"),
        (
            "rules/webhook.json",
            {"webhook/preset-unknown": {"versions": "x-"}},
            "a range has the form 0.8-",
        ),
        ("rules/webhook.json", {"kaito/preset-unknown": {"versions": "x-"}}, "a range has the form 0.8-"),
        ("rules/webhook.json", {"webhook/preset-unknown": {"apis": "none"}}, "apis is 'none'"),
        ("rules/webhook.json", {"crd/mine": {}}, "crd/mine: the name of a rule in this file must begin"),
        ("rules/webhook.json", {"kaito/gpus-unused": {}}, "Move its row to facts/rules/advice.json"),
        ("rules/webhook.json", {"webhook/mine": {}}, "webhook/mine: no check uses this rule"),
        ("rules/webhook.json", {"webhook/unknown-field": {"formerly": 5}}, "formerly is 5"),
        ("rules/webhook.json", {"webhook/unknown-field": {"formerly": [[]]}}, "formerly is [[]]"),
        ("kaito/0.13.json", {}, "has no schema of v1beta1"),
        ("kaito/0.13.json", {"v1beta1": {"properties": {}}}, "versions.json has no row 0.13"),
        ("kaito/version.json", {}, "no code reads a file with this name"),
        ("kaito/engines.json", {"echo": {"port": 9000}}, "no code reads a file with this name"),
    ],
)
def test_check_judges_tables(run: Run, tmp_path: Path, name: str, content: object, report: str) -> None:
    done = run("pack", "check", pack(tmp_path / "echo", MODE | {f"facts/{name}": json.dumps(content)}))
    assert done.returncode == 1
    assert f"facts/{name}: " in done.stdout + done.stderr
    assert report in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("facts/engines/echo.yaml", "port: nine\n", "echo.yaml:1:7 port: "),
        ("facts/engines/echo.yaml", "prot: 9000\n", "echo.yaml:1:1 prot: unknown field"),
        ("facts/engines/echo.yaml", "serves: {format: onnx, preference: 1}\n", "serves.format: "),
        ("facts/engines/echo.yaml", "serves: {format: gguf}\n", "preference"),
        ("facts/engines/echo.yaml", "keyMetrics: [{id: A}]\n", "keyMetrics[0]"),
        ("facts/engines/echo.yaml", "- 1\n", "echo.yaml:1:1"),
        ("facts/engines/echo.yaml", "a: [\n", "echo.yaml:2:1"),
        (
            "facts/engine/echo.yaml",
            "port: 9000\n",
            "no code reads a file with this name",
        ),
        ("templates/_engines/echo.yaml", "title: a\n", "Move it to facts/engines/"),
    ],
)
def test_check_judges_engines(run: Run, tmp_path: Path, name: str, text: str, message: str) -> None:
    done = run("pack", "check", pack(tmp_path / "echo", MODE | {name: text}))
    assert done.returncode == 1
    assert message in done.stdout + done.stderr


def test_check_finds_metrics_without_a_list_of_them(run: Run, tmp_path: Path) -> None:
    metrics = "metrics: {path: /metrics, port: 9000, service: {name: a, port: 80}}\n"
    mode = MODE | {"templates/echo/mode.yaml": MODE["templates/echo/mode.yaml"] + metrics}
    done = run("pack", "check", pack(tmp_path / "echo", mode))
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert "facts/engines/echo.yaml: has no keyMetrics. Add them there or to mode.yaml" in done.stdout
    listed = "title: Echo\nkeyMetrics:\n- {id: a, name: a, displayName: A, description: A, unit: ratio"
    listed += ", type: gauge, category: load,\n  promql: 'sum by (namespace, workspace) (a{$selector})'}\n"
    folder = pack(tmp_path / "listed", mode | {"facts/engines/echo.yaml": listed})
    assert run("pack", "check", folder).returncode == 0


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("programs: [a]\n", "programs has the wrong type"),
        ("modules: [1]\n", "modules has the wrong type"),
        ("serves: {format: gguf}\n", "serves has the wrong type"),
        ("text\n", "not a map"),
        ("a: [\n", "echo.yaml:2:1"),
    ],
)
def test_an_engine_file_that_cannot_be_used_is_an_error_in_one_line(
    run: Run, tmp_path: Path, text: str, reason: str
) -> None:
    folder = pack(tmp_path / "echo", MODE | {"facts/engines/echo.yaml": text})
    done = run("status", ROOT / "values/rendered/llama.yaml", "--pack", folder)
    assert done.returncode in (1, 2)
    assert reason in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_an_engine_of_a_pack_that_serves_models_of_the_hub_leads_to_its_mode(
    run: Run, tmp_path: Path
) -> None:
    files = MODE | {
        "facts/engines/echo.yaml": "title: Echo\nserves: {format: weights, preference: 9}\n",
        "schemas/values/echo.schema.json": json.dumps(
            {
                "$ref": "common.schema.json",
                "required": ["modelId"],
                "properties": {
                    "modelSource": {"const": "echo"},
                    "modelId": {"$ref": "common.schema.json#/$defs/modelId"},
                },
                "unevaluatedProperties": False,
            }
        ),
    }
    folder = pack(tmp_path / "echo", files)
    done = run("new", "-", "--pack", folder, "--engine", "echo", "--model-id", "acme/new")
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["modelSource"] == "echo"
    catalogue = tmp_path / "catalogue.yaml"
    head = "apiVersion: pack.kubefoundry.io/v1\nkind: Catalogue\n"
    catalogue.write_text(f"{head}models: [{{modelId: acme/new, engines: [echo]}}]\n", encoding="utf-8")
    done = run("new", "-", "--pack", folder, "--catalogue", catalogue, "--model-id", "acme/new")
    assert done.returncode == 0, done.stderr
    assert yaml.safe_load(done.stdout)["modelSource"] == "echo"


def test_check_names_the_lines_of_a_rule_that_is_written_twice(run: Run, tmp_path: Path) -> None:
    rows = '{\n"webhook/name": {},\n"webhook/name": {}\n}\n'
    done = run("pack", "check", pack(tmp_path / "echo", MODE | {"facts/rules/webhook.json": rows}))
    assert done.returncode == 1
    assert (
        "facts/rules/webhook.json: webhook/name: written twice, in line 2 and line 3"
        in done.stdout + done.stderr
    )


def test_a_schema_may_name_a_rule_of_its_pack_and_no_unknown_one(run: Run, tmp_path: Path) -> None:
    text = {"type": "string", "pattern": "^a", "x-rules": {"pattern": "values/mine"}}
    mode = MODE | schema(properties=SCHEMA["properties"] | {"a": text})
    done = run("pack", "check", pack(tmp_path / "without", mode))
    reason = "x-rules: values/mine has no row in facts/rules/values.json"
    assert f"schemas/values/echo.schema.json: {reason}" in done.stdout + done.stderr
    row = {
        "message": "{value} does not begin with a",
        "fix": "Begin with a",
        "meaning": "Names begin with a.",
    }
    folder = pack(tmp_path / "with", mode | {"facts/rules/values.json": json.dumps({"values/mine": row})})
    assert run("pack", "check", folder).returncode == 0
    done = run("-", "--pack", folder, stdin=MODE["values/echo.yaml"] + "a: b\n")
    assert "Begin with a. [values/mine]" in done.stdout + done.stderr


def test_a_row_of_a_pack_may_use_the_former_name_of_a_rule(run: Run, tmp_path: Path) -> None:
    rows = {"kaito/instance-type-required": {"message": "name a machine"}}
    folder = pack(tmp_path / "echo", MODE | {"facts/rules/webhook.json": json.dumps(rows)})
    assert run("pack", "check", folder).returncode == 0
    output = run("explain", "webhook/instance-type-required", "--pack", folder).stdout
    assert "name a machine" in output


def test_an_upgrade_to_a_made_up_version_is_planned_and_the_form_offers_it(run: Run, tmp_path: Path) -> None:
    folder = pack(
        tmp_path / "next",
        {
            "facts/kaito/0.13.json": (ROOT / "facts/kaito/0.12.json").read_text("utf-8"),
            "facts/kaito/versions.json": '{"0.13": {"kubernetesApi": "1.36", "release": "0.13.0"}}',
            "facts/rules/webhook.json": json.dumps(
                {f"webhook/instance-type-{rule}": {"versions": "-0.12"} for rule in ("required", "unknown")}
            ),
        },
    )
    assert run("pack", "check", folder).returncode == 0, "a pack need not have an example"
    values = [ROOT / "values" / "phi-small.yaml", "--node-provisioning", "auto", "--pack", folder]
    done = run("plan", *values, "--kaito-version", "0.13", "--upgrade", "0.12")
    assert "KAITO 0.12: 1 rejected, 0 broken afterwards" in done.stdout
    done = run(
        "plan",
        ROOT / "values" / "llama.yaml",
        "--pack",
        folder,
        "--upgrade",
        "0.13",
        "--kaito-version",
        "0.12",
    )
    assert "KAITO 0.13: 0 rejected, 0 broken afterwards" in done.stdout
    try:
        page = Views(Pack([folder]), Target("0.13", "1.37")).view(read_state({}))
    finally:
        tables.use([])
    (versions,) = (item["choices"] for item in page["target"] if item["name"] == "kaitoVersion")
    assert [item["value"] for item in versions][:2] == ["0.13", "0.12"]
