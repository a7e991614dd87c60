"""GGUF files that are, or are not, among those that the catalogue lists of a repository."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from kaito_pack.models.catalogue import Catalogue
from kaito_pack.models.gguf_files import check_gguf_file, check_served_file
from kaito_pack.models.model import LONGEST_LIST, GgufFile, Model
from kaito_pack.models.serving import ServedWorkspace

COMMIT = "a" * 40
FILES = (GgufFile("a-q4_k_m.gguf"), GgufFile("big/a-q8_0-00001-of-00002.gguf", parts=2))


def catalogue(files: tuple[GgufFile, ...]) -> Catalogue:
    model = Model("acme/a", revision=COMMIT, gguf_files=files)
    return Catalogue(MappingProxyType({model.model_id: model}))


@pytest.mark.parametrize(
    ("file", "fix"),
    [
        ("a-q4_k_m.gguf", None),
        ("a-q4_k_s.gguf", "Use `a-q4_k_m.gguf`"),
        ("big/a-q8_0-00002-of-00002.gguf", "but only one file is downloaded. Use a file that is not split"),
        ("zebra.gguf", "run `kaito-pack models add acme/a` again"),
    ],
)
def test_what_to_write_instead(file: str, fix: str | None) -> None:
    fixes = [problem.fix for problem in check_gguf_file(file, "acme/a", catalogue(FILES), ("file",))]
    assert len(fixes) == (fix is not None) and all(str(fix) in each for each in fixes)


def test_a_server_that_finds_the_parts_needs_the_first_one() -> None:
    options = ["--hf-repo", "acme/a", "--hf-file", "big/a-q8_0-00002-of-00002.gguf"]
    container = {"image": "ghcr.io/ggml-org/llama.cpp:server", "args": options}
    manifest = {"kind": "Workspace", "inference": {"template": {"spec": {"containers": [container]}}}}
    (problem,) = check_served_file(ServedWorkspace(manifest), catalogue(FILES))
    assert problem.fix == "Use the first part, `big/a-q8_0-00001-of-00002.gguf`; llama.cpp finds the others"


def test_only_what_the_catalogue_knows_is_reported() -> None:
    many = tuple(GgufFile(f"{number}.gguf") for number in range(LONGEST_LIST))
    for files, model_id, revision in (
        (FILES, "acme/b", None),
        ((), "acme/a", None),
        (many, "acme/a", None),
        (FILES, "acme/a", "b" * 40),
    ):
        assert not list(check_gguf_file("zebra.gguf", model_id, catalogue(files), (), revision))


@pytest.mark.parametrize(("revision", "count"), [("main", 1), (COMMIT, 1), ("v2", 0)])
def test_the_url_of_a_workspace_has_the_file_and_the_revision(revision: str, count: int) -> None:
    url = f"https://huggingface.co/acme/a/resolve/{revision}/a%20b.gguf"
    container = {"image": "ghcr.io/kaito-project/aikit/runners/llama-cpp-cpu:latest", "args": [url]}
    manifest = {"kind": "Workspace", "inference": {"template": {"spec": {"containers": [container]}}}}
    problems = list(check_served_file(ServedWorkspace(manifest), catalogue(FILES)))
    assert [problem.path[-2:] for problem in problems] == [("args", 0)] * count
    assert all("`a b.gguf`" in problem.message for problem in problems)
