"""What the pack knows, as lists: examples, presets, instance types and models; and help in sections."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from kaito_pack.cli.main import commands
from tests.conftest import PHI, ROOT, Run
from tests.tiers import mostly_full

LISTINGS = ("examples", "presets", "instance-types", "models")
EXAMPLES = sorted(
    file.stem for file in (ROOT / "values").glob("*.yaml") if "modelSource:" in file.read_text("utf-8")
)


@pytest.mark.parametrize("command", LISTINGS)
def test_a_list_has_the_same_rows_as_text_and_json(run: Run, command: str) -> None:
    text, rows = run(command), json.loads(run(command, "-o", "json").stdout)
    assert (text.returncode, text.stderr) == (0, "")
    lines = text.stdout.splitlines()
    assert len(rows) == len(lines) - 1 > 3
    assert all(
        line.startswith(str(next(iter(row.values())))) for line, row in zip(lines[1:], rows, strict=True)
    )


def test_presets_are_those_of_a_version(run: Run) -> None:
    def names(*options: str) -> set[str]:
        return {row["name"] for row in json.loads(run("presets", "-o", "json", *options).stdout)}

    assert {"phi-4-mini-instruct", "falcon-7b"} <= names()
    assert "falcon-7b" in names("--kaito-version", "0.10")
    assert "falcon-7b" not in names("--kaito-version", "0.11")
    assert run("presets", "--kaito-version", "9.9").returncode == 2


def test_instance_types_are_those_of_a_cloud_with_the_memory_of_one_gpu(run: Run) -> None:
    rows = json.loads(run("instance-types", "--cloud", "azure", "-o", "json").stdout)
    assert {row["cloud"] for row in rows} == {"azure"}
    by_name = {row["instanceType"]: row for row in rows}
    assert by_name["Standard_NC48ads_A100_v4"]["gpus"] == 2
    assert by_name["Standard_NC48ads_A100_v4"]["gpuMemoryGiB"] == 80
    newer = json.loads(run("instance-types", "--kaito-version", "0.12", "-o", "json").stdout)
    assert "Standard_NC16as_T4_v3" not in {row["instanceType"] for row in newer}


def test_the_examples_are_those_of_the_folder_with_what_they_show(run: Run) -> None:
    rows = json.loads(run("examples", "-o", "json").stdout)
    assert [row["example"] for row in rows] == EXAMPLES
    assert all(row["description"] for row in rows)


@pytest.mark.parametrize("name", mostly_full(EXAMPLES, 5))
def test_a_copied_example_renders(run: Run, tmp_path: Path, name: str) -> None:
    done = run("examples", "copy", name)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"{name}.yaml is written. Next: ")
    text = (tmp_path / f"{name}.yaml").read_text(encoding="utf-8")
    assert "yaml-language-server" not in text, "no schema is above this folder"
    assert text == run("examples", "show", name).stdout
    expected = run(ROOT / "values" / f"{name}.yaml").stdout
    assert run(f"{name}.yaml").stdout == expected


def test_a_copy_never_overwrites_a_file_and_leads_to_the_schema_above(run: Run, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(PHI, encoding="utf-8")
    done = run("examples", "copy", "llama", "mine.yaml")
    assert (done.returncode, "already exists" in done.stderr) == (2, True)
    assert (tmp_path / "mine.yaml").read_text(encoding="utf-8") == PHI
    (tmp_path / "schemas").symlink_to(ROOT / "schemas")
    (tmp_path / "models").mkdir()
    assert run("examples", "copy", "llama", "models/l.yaml").returncode == 0
    first = (tmp_path / "models" / "l.yaml").read_text(encoding="utf-8").partition("\n")[0]
    assert first == "# yaml-language-server: $schema=../schemas/values.schema.json"
    for wrong in ("lama", "../values/llama", "nothing-like-it"):
        done = run("examples", "copy", wrong)
        assert (done.returncode, "is not an example" in done.stderr) == (2, True)
    assert "Did you mean `llama`?" in run("examples", "copy", "lama").stderr


SHARED = ("Values options:", "Cluster options:", "Pack options:")


@pytest.mark.parametrize("name", commands.list_commands(None))  # type: ignore[arg-type]
def test_help_has_the_options_of_the_command_first(run: Run, name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    titles = re.findall(r"^([A-Z][a-z]+(?: options)?:)$", done.stdout, re.MULTILINE)
    shared = [title for title in titles if title in SHARED]
    assert shared == [title for title in SHARED if title in shared], "always in one order"
    if shared:
        own = done.stdout.partition("\nOptions:")[2].partition(shared[0])[0]
        assert "--help" in own
        listed = re.findall(r"^  (?:-\w, )?(--[a-z-]+)", own, re.MULTILINE)
        moved = {"--layer", "--set", "--set-string", "--target", "--kaito-version", "--cloud", "--pack"}
        assert not moved & set(listed) or name in ("init", "instance-types", "presets")
