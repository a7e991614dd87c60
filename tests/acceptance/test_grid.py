"""`grid`: values files by clusters and by instance types."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.conftest import PHI, ROOT, TINY

Run = Callable[..., CompletedProcess[str]]
TARGET = """\
apiVersion: pack.kubefoundry.io/v1
kind: Target
kaitoVersion: "0.12"
nodeProvisioning: byo
gpuMemoryGiB: {memory}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two targets with GPUs of 8 and 80 GiB, and a values file of a known model of 7.2 GiB."""
    (tmp_path / "small.yaml").write_text(TARGET.format(memory=8))
    (tmp_path / "large.yaml").write_text(TARGET.format(memory=80))
    (tmp_path / "phi.yaml").write_text(PHI)
    return tmp_path


def targets(folder: Path) -> tuple[object, ...]:
    """The options for both targets."""
    return ("--target", folder / "small.yaml", "--target", folder / "large.yaml")


def test_a_cell_says_whether_a_model_fits_and_by_how_much(run: Run, folder: Path) -> None:
    done = run("grid", folder / "phi.yaml", *targets(folder), "-o", "json")
    (row,) = json.loads(done.stdout)
    small, large = row["cells"]
    assert (done.returncode, row["name"], row["model"]) == (1, "phi", "microsoft/Phi-4-mini-instruct")
    assert (small["column"], small["verdict"], small["fits"]) == ("small", "accepted", False)
    assert small["leftGiB"] < 0 and "GiB" in small["reasons"][0]
    assert large["fits"] is True and large["leftGiB"] > 40 and large["longestContext"] == 131072
    assert large["imageKnowsModel"] is True and large["gpus"] == 1


def test_a_table_has_the_reasons_below_it(run: Run, folder: Path) -> None:
    done = run("grid", folder / "phi.yaml", *targets(folder))
    heads, row, blank, reason = done.stdout.splitlines()[:4]
    assert heads.split() == ["VALUES", "MODEL", "small", "large"]
    assert "too large" in row and "fits" in row and not blank
    assert reason.startswith("phi, small: ")


def test_variants_of_one_deployment_are_called_by_their_files(run: Run, folder: Path) -> None:
    (folder / "long.yaml").write_text(f"{PHI}maxModelLen: 131072\n")
    done = run("grid", folder / "phi.yaml", folder / "long.yaml", "--target", folder / "large.yaml")
    assert done.returncode == 0, done.stdout
    names = [line.split()[0] for line in done.stdout.splitlines()[1:]]
    assert names == [str(folder / "phi.yaml"), str(folder / "long.yaml")]


def test_a_model_that_no_vllm_supports_is_named_with_the_reason(run: Run, folder: Path) -> None:
    entry = "{modelId: acme/tiny, architectures: [NovelForCausalLM], layers: 2, weightsGiB: 1}"
    catalogue = f"apiVersion: pack.kubefoundry.io/v1\nkind: Catalogue\nmodels: [{entry}]\n"
    (folder / "catalogue.yaml").write_text(catalogue)
    (folder / "tiny.yaml").write_text(TINY)
    options = (folder / "tiny.yaml", "--catalogue", folder / "catalogue.yaml")
    done = run("grid", *options, "--target", folder / "large.yaml")
    assert "not supported by vLLM" in done.stdout and "no known kaito-base does" in done.stdout
    done = run("grid", *options, "--instance-types", "--cloud", "azure")
    assert done.stdout.count("vLLM in the image does not support acme/tiny") <= 1


def test_a_model_that_no_catalogue_has_is_unknown_not_good(run: Run, folder: Path) -> None:
    (folder / "tiny.yaml").write_text(TINY)
    done = run("grid", folder / "tiny.yaml", *targets(folder))
    assert done.stdout.count("accepted, fit unknown") == 2


def test_instance_types_come_smallest_first(run: Run, folder: Path) -> None:
    done = run("grid", folder / "phi.yaml", "--instance-types", "--cloud", "aws", "-o", "json")
    (row,) = json.loads(done.stdout)
    fitting = [cell for cell in row["cells"] if cell["fits"]]
    assert done.returncode == 0 and fitting[0]["leftGiB"] < fitting[-1]["leftGiB"]
    assert {cell["gpus"] for cell in fitting} <= {1, 2, 4, 8}
    text = run("grid", folder / "phi.yaml", "--instance-types").stdout
    assert text.splitlines()[0].split()[:3] == ["VALUES", "INSTANCE", "TYPE"]


def test_a_fleet_has_its_own_values_and_names(run: Run) -> None:
    done = run("grid", "--fleet", ROOT / "values" / "fleet.yaml", "-o", "json")
    rows = json.loads(done.stdout)
    assert done.returncode == 0
    columns = [[cell["column"] for cell in row["cells"]] for row in rows]
    assert len({tuple(each) for each in columns}) == 1
    assert {cell["verdict"] for row in rows for cell in row["cells"]} == {"accepted", "skipped"}


def test_a_page_needs_nothing_else_and_escapes_what_it_shows(run: Run, folder: Path) -> None:
    (folder / "phi.yaml").write_text(PHI.replace("microsoft/", "<script>alert(1)</script>/"))
    page = run("grid", folder / "phi.yaml", *targets(folder), "-o", "html").stdout
    assert page.startswith("<!doctype html>") and "default-src 'none'" in page
    assert "<script>alert" not in page and "http://" not in page and "https://" not in page


def test_markdown_is_a_table(run: Run, folder: Path) -> None:
    lines = run("grid", folder / "phi.yaml", *targets(folder), "-o", "markdown").stdout.splitlines()
    assert lines[0] == "| VALUES | MODEL | small | large |"
    assert lines[1] == "| --- | --- | --- | --- |"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 2, "no values file given"),
        (("absent.yaml",), 2, "absent.yaml"),
        (("phi.yaml", "--fleet", "f.yaml", "--target", "small.yaml"), 2, "--fleet names the targets itself"),
        (("phi.yaml", "--instance-types", "--fleet", "f.yaml"), 2, "Omit --fleet"),
    ],
)
def test_wrong_options_are_usage_errors(
    run: Run, folder: Path, arguments: tuple[str, ...], code: int, message: str
) -> None:
    done = run("grid", *arguments, cwd=folder)
    assert done.returncode == code and message in done.stderr
