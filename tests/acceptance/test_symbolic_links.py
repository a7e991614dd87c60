"""A destination that is a symbolic link: followed, as a shell does, but nothing foreign is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.test_new import VLLM
from tests.conftest import ROOT, Run

LLAMA = (ROOT / "values" / "llama.yaml").read_text("utf-8")
FOREIGN = "not ours\n"
COPY = ("examples", "copy", "llama", "link.yaml")
NEW = ("new", "link.yaml", *VLLM, "--gpu", "2")
RENDER = ("values.yaml", "--out", "link.yaml")


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    """A foreign file beside a link to it, and values."""
    (tmp_path / "values.yaml").write_text(LLAMA, "utf-8")
    file = tmp_path / "foreign"
    file.write_text(FOREIGN, "utf-8")
    (tmp_path / "link.yaml").symlink_to("foreign")
    return file


@pytest.mark.parametrize("words", [COPY, NEW, RENDER], ids=["copy", "new", "render"])
def test_a_link_to_a_foreign_file_is_refused(
    run: Run, tmp_path: Path, foreign: Path, words: tuple[str]
) -> None:
    done = run(*words)
    assert done.returncode == 2 and done.stderr.startswith("Error: link.yaml: ")
    assert foreign.read_text("utf-8") == FOREIGN
    assert (tmp_path / "link.yaml").is_symlink()


@pytest.mark.parametrize("words", [COPY, NEW], ids=["copy", "new"])
def test_force_writes_through_the_link(run: Run, tmp_path: Path, foreign: Path, words: tuple[str]) -> None:
    assert run(*words, "--force").returncode == 0
    assert foreign.read_text("utf-8") != FOREIGN
    assert (tmp_path / "link.yaml").is_symlink()


@pytest.mark.parametrize("text", ["", "# old\napiVersion: v1\n"])
def test_render_writes_through_a_link_to_manifests(run: Run, foreign: Path, text: str) -> None:
    foreign.write_text(text, "utf-8")
    assert run(*RENDER).returncode == 0
    assert foreign.read_text("utf-8") == run("values.yaml").stdout


def test_render_writes_through_a_link_to_nothing(run: Run, foreign: Path) -> None:
    foreign.unlink()
    assert run(*RENDER).returncode == 0
    assert foreign.read_text("utf-8") == run("values.yaml").stdout


@pytest.mark.parametrize("words", [COPY, NEW], ids=["copy", "new"])
def test_a_link_to_nothing_exists(run: Run, foreign: Path, words: tuple[str]) -> None:
    foreign.unlink()
    done = run(*words)
    assert done.returncode == 2 and "already exists" in done.stderr
    assert not foreign.exists()


@pytest.mark.parametrize("words", [(*COPY, "--force"), (*NEW, "--force"), RENDER])
def test_a_link_to_itself_is_one_line(run: Run, tmp_path: Path, foreign: Path, words: tuple[str]) -> None:
    (tmp_path / "link.yaml").unlink()
    (tmp_path / "link.yaml").symlink_to("link.yaml")
    done = run(*words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot be written: too many levels of symbolic links" in done.stderr


@pytest.mark.parametrize("name", ["values.yaml", "link.yaml"])
def test_an_input_is_not_overwritten(run: Run, tmp_path: Path, foreign: Path, name: str) -> None:
    (tmp_path / "link.yaml").unlink()
    (tmp_path / "link.yaml").symlink_to("values.yaml")
    done = run("values.yaml", "--out", name)
    assert done.returncode == 2 and f"{name}: is an input of this run" in done.stderr
    assert (tmp_path / "values.yaml").read_text("utf-8") == LLAMA


@pytest.mark.parametrize("name", ["models", ".github", "fleet.yaml", "clusters", "models/phi.yaml"])
@pytest.mark.parametrize("leads_to", ["foreign", "nothing", "folder"])
def test_init_writes_through_no_link(
    run: Run, tmp_path: Path, foreign: Path, name: str, leads_to: str
) -> None:
    (tmp_path / "folder").mkdir()
    link = tmp_path / "repo" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / leads_to)
    done = run("init", "repo")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "nothing was written" in done.stderr
    assert foreign.read_text("utf-8") == FOREIGN
    assert not (tmp_path / "nothing").exists()
    assert list((tmp_path / "folder").iterdir()) == []
    assert [path for path in (tmp_path / "repo").rglob("*") if path.is_file() and path != link] == []


def test_init_takes_a_link_to_an_empty_folder(run: Run, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "repo").symlink_to("folder")
    assert run("init", "repo").returncode == 0
    assert (tmp_path / "folder" / "fleet.yaml").is_file()


@pytest.mark.parametrize("text", [FOREIGN, json.dumps({"a": 1}), "- 1\n"])
def test_models_add_does_not_overwrite_what_is_not_a_catalogue(run: Run, foreign: Path, text: str) -> None:
    foreign.write_text(text, "utf-8")
    done = run("models", "add", "acme/tiny", "--catalogue", "link.yaml")
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr
    assert foreign.read_text("utf-8") == text
