"""`models`: what the pack knows, and what it asks the Hub for, with the real library and a small Hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from tests.fake_hub import COMMIT, GIB, FakeHub, Repository, busy, endless, fake_hub, moved, silent, stuck

Run = Callable[..., CompletedProcess[str]]
TOKEN = "hf_" + "a" * 34
CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "num_hidden_layers": 16,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "hidden_size": 2048,
    "max_position_embeddings": 8192,
    "torch_dtype": "bfloat16",
}
TINY = """\
  - modelId: acme/tiny
    revision: 0123456789abcdef0123456789abcdef01234567
    license: apache-2.0
    gated: false
    architectures: [LlamaForCausalLM]
    dtype: bfloat16
    weightsGiB: 2.5
    maxTokens: 8192
    layers: 16
    attentionHeads: 32
    kvHeads: 8
    hiddenSize: 2048
"""


@pytest.fixture
def hub() -> Iterator[FakeHub]:
    """A Hub with one model."""
    with fake_hub() as server:
        server.repositories["acme/tiny"] = tiny()
        yield server


def tiny(configuration: dict[str, Any] = CONFIG, **extra: Any) -> Repository:
    """A model of 2.5 GiB in two shards, and a file that vLLM does not load."""
    first, second = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")
    files = {
        "config.json": configuration,
        "model.safetensors.index.json": {"weight_map": {"a": first, "b": second}},
        first: 2 * GIB,
        second: GIB // 2,
        "extra.safetensors": GIB,
    }
    info = {"cardData": {"license": "apache-2.0"}, "pipeline_tag": "text-generation"}
    return Repository(files, **{**info, **extra})


@pytest.fixture
def models(run: Run, hub: FakeHub, tmp_path: Path) -> Run:
    """Run `models` in an empty folder, against the small Hub."""

    def command(*arguments: object, **variables: str) -> CompletedProcess[str]:
        env = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "*", **variables}
        return run("models", *arguments, env=env, cwd=tmp_path)

    return command


def entry(folder: Path, index: int = 0) -> dict[str, Any]:
    """An entry of the catalogue that was written."""
    written: dict[str, Any] = yaml.safe_load((folder / "catalogue.yaml").read_text())["models"][index]
    return written


def test_a_new_catalogue_has_the_figures_of_the_hub(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    done = models("add", "acme/tiny")
    assert (done.returncode, done.stdout) == (0, "")
    assert "catalogue.yaml: 1 model written" in done.stderr
    text = (tmp_path / "catalogue.yaml").read_text()
    assert text.endswith(f"models:\n{TINY}")
    assert f"/acme/tiny/resolve/{COMMIT}/config.json" in hub.requests


def test_the_catalogue_is_used_offline(models: Run, run: Run, tmp_path: Path) -> None:
    models("add", "acme/tiny")
    values = tmp_path / "tiny.yaml"
    values.write_text("name: tiny\nmodelSource: vllm\nmodelId: acme/tiny\nmaxModelLen: 9000\n")
    done = run("validate", values, "--catalogue", tmp_path / "catalogue.yaml")
    assert done.returncode == 1
    assert "9000" in done.stderr + done.stdout and "8192" in done.stderr + done.stdout


def test_an_update_changes_what_differs_and_nothing_else(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    catalogue = tmp_path / "catalogue.yaml"
    head = "# ours\napiVersion: pack.kubefoundry.io/v1\nkind: Catalogue\nmodels:\n"
    zeta = "  # the last one\n  - modelId: acme/zeta\n    weightsGiB: 1   # measured\n"
    mine = "    ggufRepositories: [acme/tiny-GGUF]\n    maxTokens: 4096  # was shorter\n"
    catalogue.write_text(
        f"{head}  - modelId: acme/Tiny  # ours\n    weightsGiB: 2.5  # same\n{mine}\n{zeta}# end\n"
    )
    hub.repositories["acme/beta"] = tiny({})
    done = models("add", "acme/tiny", "acme/beta")
    assert done.returncode == 0, done.stderr
    lines = catalogue.read_text()
    assert lines.startswith(f"{head}  - modelId: acme/beta\n")
    assert lines.endswith(f"{zeta}# end\n")
    assert "    weightsGiB: 2.5  # same\n    ggufRepositories: [acme/tiny-GGUF]\n" in lines
    assert "    maxTokens: 8192\n" in lines and "was shorter" not in lines
    again = models("add", "acme/tiny", "acme/beta")
    assert (again.returncode, catalogue.read_text()) == (0, lines)


def test_a_gguf_repository_lists_its_files(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    files = {
        "tiny-q4_k_m.gguf": GIB,
        "big/tiny-Q8_0-00001-of-00002.gguf": 2 * GIB,
        "big/tiny-Q8_0-00002-of-00002.gguf": GIB,
        "mmproj-f16.gguf": GIB,
    }
    hub.repositories["acme/tiny-GGUF"] = Repository(files, gguf={"context_length": 4096})
    assert models("add", "acme/tiny-GGUF").returncode == 0
    written = entry(tmp_path)
    assert written["engines"] == ["llamacpp"] and written["maxTokens"] == 4096
    assert written["ggufFiles"] == [
        {"file": "big/tiny-Q8_0-00001-of-00002.gguf", "sizeGiB": 3.0, "quantization": "q8-0", "parts": 2},
        {"file": "tiny-q4_k_m.gguf", "sizeGiB": 1.0, "quantization": "q4-k-m"},
    ]


def test_a_gated_model_without_a_token_is_written_with_what_is_public(
    models: Run, hub: FakeHub, tmp_path: Path
) -> None:
    public = {
        "architectures": ["LlamaForCausalLM"],
        "quantization_config": {"quant_method": "awq", "bits": 4},
    }
    hub.repositories["acme/tiny"] = tiny(gated="manual", config=public)
    hub.repositories["acme/tiny"].token = TOKEN
    done = models("add", "acme/tiny")
    assert done.returncode == 0
    assert "Warning: acme/tiny: config.json needs a token" in done.stderr
    assert "# Not known: config.json needs a token" in (tmp_path / "catalogue.yaml").read_text()
    written = entry(tmp_path)
    assert written["gated"] is True and written["weightsGiB"] == 3.5 and "layers" not in written
    done = models("add", "acme/tiny", HF_TOKEN=TOKEN)
    assert (done.returncode, "Warning" in done.stderr) == (0, False)
    text = (tmp_path / "catalogue.yaml").read_text()
    assert entry(tmp_path)["layers"] == 16 and "Not known" not in text
    assert TOKEN not in text + done.stdout + done.stderr


def test_a_wrong_token_closes_the_file_not_the_entry(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    hub.repositories["acme/tiny"].token = TOKEN
    done = models("add", "acme/tiny", HF_TOKEN="hf_" + "b" * 34)
    assert done.returncode == 0 and "needs a token" in done.stderr
    assert "bbbb" not in done.stderr + (tmp_path / "catalogue.yaml").read_text()


def test_an_embedding_model_and_remote_code_are_recorded(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    code = CONFIG | {"auto_map": {"AutoModel": "modeling_tiny.Tiny"}}
    hub.repositories["acme/tiny"] = tiny(code, pipeline_tag="feature-extraction")
    assert models("add", "acme/tiny").returncode == 0
    written = entry(tmp_path)
    assert written["task"] == "embedding" and written["remoteCode"] is True


def test_a_renamed_model_gets_its_new_name(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    hub.odd["/api/models/old/tiny"] = [moved("/api/models/acme/tiny?blobs=true")] * 2
    done = models("add", "old/tiny")
    assert done.returncode == 0 and "old/tiny is now called acme/tiny" in done.stderr
    assert entry(tmp_path)["modelId"] == "acme/tiny"
    (tmp_path / "catalogue.yaml").write_text(
        (tmp_path / "catalogue.yaml").read_text().replace("acme/", "old/")
    )
    done = models("check")
    assert done.returncode == 1 and "old/tiny: renamed to acme/tiny" in done.stdout


@pytest.mark.parametrize("asked", ["/api/models/acme/tiny", f"/acme/tiny/resolve/{COMMIT}/config.json"])
def test_a_token_does_not_follow_to_another_host(models: Run, hub: FakeHub, asked: str) -> None:
    with fake_hub() as elsewhere:
        elsewhere.repositories["acme/tiny"] = tiny()
        address = elsewhere.address.replace("127.0.0.1", "localhost")
        hub.odd[asked] = [moved(f"{address}{asked}?blobs=true")] * 2
        models("add", "acme/tiny", HF_TOKEN=TOKEN)
        assert any(TOKEN in token for token in hub.tokens)
        assert elsewhere.requests and not any(elsewhere.tokens)


def test_the_revision_is_pinned_in_values(models: Run, run: Run, tmp_path: Path) -> None:
    values = tmp_path / "tiny.yaml"
    values.write_text("name: tiny\nmodelSource: vllm\nmodelId: acme/tiny # ours\nreplicas: 1\n")
    assert models("add", "acme/tiny", "--pin", values).returncode == 0
    pinned = f"name: tiny\nmodelSource: vllm\nmodelId: acme/tiny # ours\nrevision: {COMMIT}\nreplicas: 1\n"
    assert values.read_text() == pinned
    assert run(values).stdout.count(COMMIT) >= 1
    values.write_text(pinned.replace(COMMIT, "main # newest"))
    assert models("add", "acme/tiny", "--pin", values).returncode == 0
    assert values.read_text() == pinned.replace(COMMIT, f"{COMMIT} # newest")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("name: x\n", "has no modelId"),
        ("modelId: acme/other\n", "`acme/other`"),
        ("{modelId: acme/tiny}\n", "a separate line"),
    ],
)
def test_values_that_cannot_be_pinned_change_nothing(
    models: Run, tmp_path: Path, values: str, message: str
) -> None:
    (tmp_path / "tiny.yaml").write_text(values)
    done = models("add", "acme/tiny", "--pin", tmp_path / "tiny.yaml")
    assert done.returncode == 2 and message in done.stderr
    assert (tmp_path / "tiny.yaml").read_text() == values and not (tmp_path / "catalogue.yaml").exists()


def test_check_reports_what_has_changed(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    for name in ("acme/gone", "acme/same", "acme/closed"):
        hub.repositories[name] = tiny()
    models("add", "acme/tiny", "acme/gone", "acme/same", "acme/closed")
    assert models("check").returncode == 0
    del hub.repositories["acme/gone"]
    hub.repositories["acme/closed"] = tiny(gated="auto")
    hub.repositories["acme/tiny"] = tiny(
        CONFIG | {"quantization_config": {"quant_method": "fp8"}}, sha="f" * 40
    )
    done = models("check", "-o", "json")
    states = {row["modelId"]: row["state"] for row in json.loads(done.stdout)}
    assert done.returncode == 1
    assert states == {
        "acme/closed": "gated",
        "acme/gone": "gone",
        "acme/same": "same",
        "acme/tiny": "changed",
    }
    text = models("check", "acme/tiny").stdout
    assert "quantization: none -> fp8" in text and f"revision: {COMMIT} -> {'f' * 40}" in text


def test_the_hub_is_asked_again_when_it_is_busy(models: Run, hub: FakeHub) -> None:
    hub.odd["/api/models/acme/tiny"] = [busy(Retry_After="0.01"), busy(503, Retry_After="0.01")]
    done = models("add", "acme/tiny")
    assert done.returncode == 0, done.stderr
    assert hub.requests.count("/api/models/acme/tiny") == 3


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([busy(Retry_After="3600")], "limits the rate of requests"),
        ([busy(503, Retry_After="0.01")] * 9, "status 503"),
        ([lambda request: request.send(b"{")], "is not valid JSON"),
        ([lambda request: request.send(b"[]")], "is not a JSON object"),
        ([lambda request: request.send(b"{}")], "has no id"),
        ([lambda request: request.send(b'{"id": 1e999}')], "is not valid JSON"),
    ],
)
def test_a_hub_that_cannot_be_asked_is_one_sentence(
    models: Run, hub: FakeHub, tmp_path: Path, answers: list[Any], message: str
) -> None:
    hub.odd["/api/models/acme/tiny"] = answers
    done = models("add", "acme/tiny")
    assert (done.returncode, done.stdout) == (2, "")
    last = done.stderr.splitlines()[-1]
    assert last.startswith("Error: ") and message in last
    assert not (tmp_path / "catalogue.yaml").exists()


@pytest.mark.full
@pytest.mark.parametrize("answer", [silent, stuck])
def test_a_hub_that_does_not_answer_is_left(
    process: Run, hub: FakeHub, tmp_path: Path, answer: Callable[[Any], None]
) -> None:
    hub.odd["/api/models/acme/tiny"] = [answer]
    env = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "*"}
    done = process("models", "add", "acme/tiny", env=env | {"HF_HUB_DOWNLOAD_TIMEOUT": "1"}, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"Error: `{hub.address}` did not answer within 1 s\n"
    assert not (tmp_path / "catalogue.yaml").exists()


def test_a_model_that_the_hub_does_not_have_leaves_the_catalogue(models: Run, tmp_path: Path) -> None:
    done = models("add", "acme/tiny", "acme/tinny", "acme/tony")
    assert done.returncode == 1
    assert [line[:25] for line in done.stderr.splitlines()] == [
        "Error: `acme/tinny` is no",
        "Error: `acme/tony` is not",
    ]
    assert not (tmp_path / "catalogue.yaml").exists()


def test_a_huge_configuration_is_not_read_whole(models: Run, hub: FakeHub, tmp_path: Path) -> None:
    hub.odd[f"/acme/tiny/resolve/{COMMIT}/config.json"] = [endless(5 * GIB)]
    done = models("add", "acme/tiny")
    assert done.returncode == 0 and "config.json is larger than 4 MiB" in done.stderr
    assert "layers" not in entry(tmp_path)


@pytest.mark.parametrize("variables", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_without_a_network_nothing_is_written(
    process: Run, hub: FakeHub, tmp_path: Path, variables: dict[str, str]
) -> None:
    env = {"HF_ENDPOINT": hub.address, "HF_HOME": str(tmp_path / "home"), "NO_PROXY": "*", **variables}
    done = process("models", "add", "acme/tiny", env=env, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert not (tmp_path / "catalogue.yaml").exists()


@pytest.mark.parametrize("model_id", ["tiny", "a/b/c", "../etc", "acme/ti ny", ""])
def test_what_is_no_id_is_never_asked_for(models: Run, hub: FakeHub, model_id: str) -> None:
    done = models("add", model_id)
    assert done.returncode == 2 and "is not the id of a model" in done.stderr
    assert hub.requests == []


@pytest.mark.parametrize(
    "address", ["https://huggingface.co/acme/tiny", "https://hf.co/acme/tiny/tree/main?x=1"]
)
def test_the_address_of_a_page_is_an_id(models: Run, tmp_path: Path, address: str) -> None:
    assert models("add", address).returncode == 0
    assert entry(tmp_path)["modelId"] == "acme/tiny"


def test_a_catalogue_that_is_not_valid_is_reported_before_the_hub_is_asked(
    models: Run, hub: FakeHub, tmp_path: Path
) -> None:
    head = "apiVersion: pack.kubefoundry.io/v1\nkind: Catalogue\n"
    text = f"{head}models:\n  - modelId: acme/tiny\n    layres: 3\n"
    (tmp_path / "catalogue.yaml").write_text(text)
    done = models("add", "acme/tiny")
    assert done.returncode == 1 and "catalogue.yaml:5:5" in done.stderr
    assert hub.requests == [] and (tmp_path / "catalogue.yaml").read_text() == text


def test_list_and_show_print_the_catalogue(models: Run, tmp_path: Path) -> None:
    rows = json.loads(models("list", "-o", "json").stdout)
    names = [row["modelId"].lower() for row in rows]
    assert len(names) >= 60 and names == sorted(names)
    shown = models("show", "MICROSOFT/phi-4")
    assert shown.returncode == 0 and "tensorParallelSizes" in shown.stdout and "1, 2, 5" in shown.stdout
    wrong = models("show", "microsoft/phi-5")
    assert wrong.returncode == 1 and "Did you mean `microsoft/phi-4`?" in wrong.stderr
