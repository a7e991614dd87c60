"""`ignoredRules`: what a file, a target or a fleet ignores, with the reason; never an error of KAITO's."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from kaito_pack.base.problems import Problem
from kaito_pack.cli import formats
from kaito_pack.cli.results import Reports
from kaito_pack.form.web.telling import row as row_of_form
from kaito_pack.pack.files import API_VERSION
from tests.conftest import PHI, Run

FLOATING = PHI + "imageRef: vllm/vllm-openai:latest\n"
RULE = "advice/image-tag-floating"
MUTES = f"ignoredRules: [{{rule: {RULE}, reason: it is rebuilt every night}}]\n"
TARGET = 'apiVersion: pack.kubefoundry.io/v1\nkind: Target\nkaitoVersion: "0.12"\n'
FLEET = """apiVersion: pack.kubefoundry.io/v1
kind: Fleet
targets:
  - {name: a, target: target.yaml, values: [phi.yaml], out: out/a}
"""
# 10 KV heads on 8 GPUs: an error that predicts what vLLM does.
UNSHARED = "name: large\nmodelSource: vllm\nmodelId: microsoft/phi-4\nresources: {gpu: 8}\n"


def rules(run: Run, *arguments: str, strict: bool = False) -> tuple[int, dict[str, list[str]]]:
    """The exit code, and the reason of each reported rule ("" for one that is not ignored)."""
    done = run("validate", *arguments, "-o", "json", *(["--strict"] if strict else []))
    reported: dict[str, list[str]] = {}
    for row in json.loads(done.stdout):
        for problem in row["problems"]:
            reported.setdefault(problem["rule"], []).append(problem.get("ignored", ""))
    return done.returncode, reported


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("phi", FLOATING), ("target", TARGET), ("fleet", FLEET)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("phi", ("phi.yaml",)),
        ("target", ("phi.yaml", "--target", "target.yaml")),
        ("fleet", ("--fleet", "fleet.yaml")),
        ("target", ("--fleet", "fleet.yaml")),
    ],
)
def test_a_rule_is_ignored_with_its_reason(
    run: Run, folder: Path, file: str, arguments: tuple[str, ...]
) -> None:
    _, before = rules(run, *arguments)
    assert before[RULE] == [""]
    with (folder / f"{file}.yaml").open("a", encoding="utf-8") as stream:
        stream.write(MUTES)
    _, after = rules(run, *arguments)
    assert after == before | {RULE: ["it is rebuilt every night"]}
    text = run("validate", *arguments).stdout
    assert " ignored: " in text
    assert "Reason: it is rebuilt every night." in text


def test_what_is_ignored_does_not_fail_a_strict_run(run: Run, folder: Path) -> None:
    code, before = rules(run, "phi.yaml", strict=True)
    assert (code, RULE in before) == (1, True)
    mutes = ", ".join(f"{{rule: {rule}, reason: known}}" for rule in before)
    (folder / "phi.yaml").write_text(f"{FLOATING}ignoredRules: [{mutes}]\n", encoding="utf-8")
    code, after = rules(run, "phi.yaml", strict=True)
    assert (code, after) == (0, {rule: ["known"] * len(reasons) for rule, reasons in before.items()})


def test_an_ignored_error_of_the_model_server_is_rendered(run: Run, folder: Path) -> None:
    (folder / "large.yaml").write_text(UNSHARED, encoding="utf-8")
    options = ("large.yaml",)
    assert run(*options).returncode == 1
    mute = "ignoredRules: [{rule: model/weights-too-large, reason: our image shards it}]\n"
    rule = next(iter(rules(run, *options)[1]))
    (folder / "large.yaml").write_text(
        UNSHARED + mute.replace("model/weights-too-large", rule), encoding="utf-8"
    )
    done = run(*options)
    assert (done.returncode, "kind: Workspace" in done.stdout) == (0, True), done.stderr
    assert "Reason: our image shards it." in done.stderr


@pytest.mark.parametrize(
    "rule",
    [
        "webhook/name",
        "crd/unknown-field",
        "kubernetes/volume-of-mount",
        "values/missing",
        "controller/name-length",
    ],
)
@pytest.mark.parametrize("file", ["phi", "target", "fleet"])
def test_errors_of_kaito_and_kubernetes_cannot_be_ignored(
    run: Run, folder: Path, rule: str, file: str
) -> None:
    known = run("explain", rule).returncode == 0
    with (folder / f"{file}.yaml").open("a", encoding="utf-8") as stream:
        stream.write(MUTES.replace(RULE, rule))
    arguments = {"phi": ("phi.yaml",), "target": ("target.yaml",), "fleet": ("fleet.yaml",)}[file]
    done = run("validate", *arguments)
    assert done.returncode == 1
    assert ("cannot be ignored" if known else "is not a rule") in done.stdout
    assert f"{file}.yaml:" in done.stdout


@pytest.mark.parametrize(
    ("file", "arguments"),
    [
        ("phi", ("phi.yaml",)),
        ("phi", ("phi.yaml", "--kaito-version", "all")),
        ("target", ("phi.yaml", "--target", "target.yaml")),
        ("fleet", ("--fleet", "fleet.yaml")),
    ],
)
def test_a_mute_that_mutes_nothing_is_a_warning(
    run: Run, folder: Path, file: str, arguments: tuple[str, ...]
) -> None:
    with (folder / f"{file}.yaml").open("a", encoding="utf-8") as stream:
        stream.write(MUTES.replace(RULE, "advice/preferred-nodes-deprecated"))
    done = run("validate", *arguments)
    assert done.returncode == (1 if "all" in arguments else 0), "KAITO 0.7 rejects these values"
    (line,) = [line for line in done.stdout.splitlines() if "ignored-rule-unused" in line]
    assert line.startswith(f"{file}.yaml:")
    assert "`advice/preferred-nodes-deprecated` reports nothing here" in line


def test_a_former_name_and_every_version_count(run: Run, folder: Path) -> None:
    (folder / "phi.yaml").write_text(FLOATING + MUTES, encoding="utf-8")
    done = run("validate", "phi.yaml", "--kaito-version", "all")
    assert "ignored-rule-unused" not in done.stdout


def test_a_reason_is_required_and_values_render_as_without(run: Run, folder: Path) -> None:
    plain = run("phi.yaml").stdout
    (folder / "phi.yaml").write_text(FLOATING + f"ignoredRules: [{{rule: {RULE}}}]\n", encoding="utf-8")
    done = run("phi.yaml")
    assert (done.returncode, "reason: required value is missing" in done.stderr) == (1, True)
    (folder / "phi.yaml").write_text(FLOATING + MUTES, encoding="utf-8")
    assert run("phi.yaml").stdout == plain


HOSTILE = "a\x1b[31m\u202e\x85\n::error::|`</script>]]>&\"'  x"
RAW = ("\x1b", "\u202e", "\x85", "\n::error::|")


@pytest.mark.parametrize("form", ["text", *formats.names_for(Reports)])
@pytest.mark.parametrize("arguments", [("phi.yaml", "--target", "target.yaml"), ("--fleet", "fleet.yaml")])
def test_a_reason_is_shown_safely(run: Run, folder: Path, form: str, arguments: tuple[str, ...]) -> None:
    with (folder / "target.yaml").open("a", encoding="utf-8") as stream:
        stream.write(f"ignoredRules: [{{rule: {RULE}, reason: {json.dumps(HOSTILE)}}}]\n")
    for words in (("validate", *arguments), ("render", *arguments, "--check", *OUT[arguments[0]])):
        done = run(*words, "-o", form)
        if form in ("text", "junit", "json") and words[0] == "validate":
            assert "a\\x1b[31m" in done.stdout or "a\\\\x1b[31m" in done.stdout
        printed = done.stdout + done.stderr
        assert [raw for raw in RAW if raw in printed] == []
        assert "Traceback" not in printed
        if form == "junit":
            ElementTree.fromstring(done.stdout)
        if form == "github":
            assert RULE not in printed, "what is ignored is good"


OUT = {"phi.yaml": ("--out", "out/"), "--fleet": ()}


def test_a_function_and_the_form_show_the_reason(run: Run, folder: Path) -> None:
    rule = "model/kv-heads"
    values = {**yaml.safe_load(UNSHARED), "ignoredRules": [{"rule": rule, "reason": "known\x1b"}]}
    config = {"apiVersion": API_VERSION, "kind": "Values", "metadata": {"name": "a"}, "spec": values}
    whole = {"kind": "ResourceList", "items": [], "functionConfig": config}
    done = run("krm", stdin=json.dumps({"apiVersion": "config.kubernetes.io/v1", **whole}))
    results = yaml.safe_load(done.stdout)["results"]
    (result,) = (each for each in results if each["tags"]["rule"] == rule)
    assert result["severity"] == "info"
    assert result["message"].endswith("Ignored. Reason: known\\x1b.")
    shown = row_of_form(Problem(rule, "model", "ok", (), "wrong", "mend it", None, 0, "known"))
    assert (shown["severity"], shown["fix"]) == ("advice", "Ignored. Reason: known.")
