"""The command `explain`."""

from __future__ import annotations

import re

import pytest

from kaito_pack.facts.rules import all_rules
from kaito_pack.facts.tables import table
from kaito_pack.pack import Pack
from kaito_pack.values.fields import fields as values_fields
from tests.conftest import ROOT, Run


@pytest.mark.usefixtures("four_modes")
def test_a_value_is_explained_as_kubectl_would(run: Run) -> None:
    done = run("explain", "startupMinutes")
    assert done.returncode == 0
    assert "FIELD:    startupMinutes" in done.stdout
    assert "MODES:    vllm" in done.stdout
    assert "DEFAULT:  10" in done.stdout
    assert "RANGE:    1 to 1440" in done.stdout


def test_a_nested_value_is_found_by_its_path(run: Run) -> None:
    assert "GPU count" in run("explain", "resources.gpu").stdout


def test_choices_are_a_plain_list(run: Run) -> None:
    assert "ONE OF:   direct, build\n" in run("explain", "ggufRunMode").stdout


def test_a_value_that_holds_others_lists_them(run: Run) -> None:
    report = run("explain", "monitoring").stdout.partition("FIELDS:\n")[2].splitlines()
    assert [line.split()[0] for line in report] == [
        "monitoring.podMonitor",
        "monitoring.labels",
        "monitoring.interval",
    ]


def test_alone_it_lists_all_values(run: Run) -> None:
    lines = run("explain").stdout.splitlines()
    assert len(lines) == len(values_fields(Pack()))


def test_a_rule_is_explained_with_examples(run: Run) -> None:
    text = run("explain", "webhook/instance-type-required").stdout
    assert "KAITO:    0.8-" in text
    assert "BAD:" in text
    assert "GOOD:" in text


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("maxModellen", "maxModelLen"),
        ("values/unknow-field", "values/unknown-field"),
        ("gpu-count", "values/gpu-count"),
        ("gpu", "resources.gpu"),
    ],
)
def test_a_slip_of_the_pen_is_answered_with_what_is_meant(run: Run, word: str, meant: str) -> None:
    done = run("explain", word)
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Did you mean `{meant}`?" in done.stderr


def test_fit_prints_the_budget_of_one_gpu(run: Run) -> None:
    rows = run("explain", ROOT / "values" / "mistral-autoprovisioned.yaml", "fit").stdout.splitlines()
    report = dict(row.split("  ", 1) for row in rows)
    assert report["GPU memory"].strip() == "80.00 GiB"
    assert report["GPU counts that fit"].strip() == "1"


def test_fit_names_what_it_lacks(run: Run, tmp_path) -> None:
    assert "--gpu-memory" in run("explain", ROOT / "values" / "llama.yaml", "fit").stderr
    (tmp_path / "own.yaml").write_text("name: a\nmodelSource: vllm\nmodelId: acme/own\n", encoding="utf-8")
    done = run("explain", "own.yaml", "fit", "--gpu-memory", "80")
    assert done.returncode == 1
    assert "not in any catalogue" in done.stderr
    catalogue = {
        "apiVersion": "pack.kubefoundry.io/v1",
        "kind": "Catalogue",
        "models": [
            {
                "modelId": "acme/own",
                "weightsGiB": 10,
                "architectures": ["LlamaForCausalLM"],
                "maxTokens": 4096,
                "layers": 32,
                "attentionHeads": 32,
                "kvHeads": 8,
                "hiddenSize": 4096,
            }
        ],
    }
    import json

    (tmp_path / "team.yaml").write_text(json.dumps(catalogue), encoding="utf-8")
    done = run("explain", "own.yaml", "fit", "--gpu-memory", "80", "--catalogue", "team.yaml")
    assert done.returncode == 0, done.stderr
    assert "acme/own" in done.stdout


def fit(run: Run, folder, text: str):
    (folder / "values.yaml").write_text(text, encoding="utf-8")
    return run("explain", "values.yaml", "fit", "--gpu-memory", "80")


def test_fit_says_what_the_name_of_an_unknown_model_gives_away(run: Run, tmp_path) -> None:
    done = fit(run, tmp_path, "name: a\nmodelSource: vllm\nmodelId: acme/Lynx-8B\n")
    assert done.returncode == 0, done.stderr
    assert "8 billion parameters" in done.stdout
    assert "not checked" in done.stdout


def test_fit_names_the_argument_that_changes_the_memory(run: Run, tmp_path) -> None:
    text = "name: a\nmodelSource: vllm\nmodelId: microsoft/phi-4\nextraArgs: [--quantization, fp8]\n"
    done = fit(run, tmp_path, text)
    assert done.returncode == 1
    assert "--quantization changes the memory" in done.stderr


def test_fit_prints_what_a_gguf_model_needs(run: Run, tmp_path) -> None:
    done = fit(run, tmp_path, "name: a\nmodelSource: premade\npremadeModel: llama3.1:8b\n")
    assert done.returncode == 0, done.stderr
    assert "about 4.6 GiB" in done.stdout
    text = "name: a\nmodelSource: huggingface\nmodelId: acme/lynx\nggufFile: lynx.gguf\n"
    done = fit(run, tmp_path, text)
    assert done.returncode == 1
    assert "size of the model is unknown" in done.stderr


def test_a_former_name_explains_the_rule(run: Run) -> None:
    former, current = (run("explain", f"{first}/instance-type-required") for first in ("kaito", "webhook"))
    assert former.stdout == current.stdout
    assert (
        "RULE:     webhook/instance-type-required\nFORMERLY: kaito/instance-type-required\n" in former.stdout
    )


def test_a_misspelt_former_name_leads_to_the_current_one(run: Run) -> None:
    done = run("explain", "kaito/instance-type-requierd")
    assert done.returncode == 1
    assert "Did you mean `webhook/instance-type-required`?" in done.stderr


def test_most_rules_have_a_bad_example() -> None:
    from kaito_pack.facts.tables import table

    shown = set(table("rules/examples.json"))
    judged_by_case = {name for name in all_rules() if name.startswith(("webhook/", "values/"))}
    assert len(judged_by_case - shown) <= len(judged_by_case) // 5, sorted(judged_by_case - shown)


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("gpu", "`resources.gpu`"),
        ("replcas", "`replicas`"),
        ("unknown-field", "`values/unknown-field`"),
        ("values/mising", "`values/missing`"),
    ],
)
def test_a_part_of_a_name_or_a_misspelt_one_is_offered_whole(run: Run, word: str, meant: str) -> None:
    done = run("explain", word)
    assert done.returncode == 1
    assert f"Did you mean {meant}" in done.stderr


def test_a_rule_is_explained_in_words(run: Run) -> None:
    templates = re.compile(r"\{[a-z_]+\}")
    messages = table("rules/messages.json")
    assert [name for name, text in messages.items() if templates.search(text)] == []
    assert set(messages) == set(table("rules/examples.json"))
    for name in ("values/missing", "preflight/gpu-short", *list(messages)[::60]):
        (line,) = [line for line in run("explain", name).stdout.splitlines() if line.startswith("SAYS:")]
        assert not templates.search(line), line


def test_a_value_has_the_page_of_the_docs(run: Run) -> None:
    assert "\nPAGE:     docs/reference/values.md#resources\n" in run("explain", "resources.gpu").stdout
