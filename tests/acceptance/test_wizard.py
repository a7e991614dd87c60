"""`kaito-pack new` in a real pseudo-terminal: what a person sees, types, and gets."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from kaito_pack.form.model_choice import About
from kaito_pack.form.questions import questions
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.models.catalogue import Catalogue
from kaito_pack.pack import Pack
from tests.conftest import ROOT, Run
from tests.docs.pages import write_files
from tests.fake_hub import Repository, fake_hub
from tests.terminal import CLEAR, CTRL_C, CTRL_D, DOWN, ENTER, ESCAPE, Terminal

KNOWN = "acme/known"
CATALOGUE = """
apiVersion: pack.kubefoundry.io/v1
kind: Catalogue
models:
  - {modelId: acme/known, gated: false, engines: [vllm], architectures: [MistralForCausalLM],
     weightsGiB: 13.5, maxTokens: 32768, layers: 32, attentionHeads: 32, kvHeads: 8, hiddenSize: 4096}
  - {modelId: acme/both, engines: [vllm, llamacpp], ggufRepositories: [acme/both-GGUF]}
"""
full = pytest.mark.full  # a session in a terminal takes a second; the quick tier has some of each kind
HUB, NOTICE = "What do you want to serve?", "This model will be deployed using vLLM on GPU."


def above(mode: str, value: str) -> int:
    """The number of values of a mode that are above another one under "Set more?"."""
    pack = Pack()
    target = Target(pack.kaito_version(), definitions.newest())
    asked = questions(pack, pack.mode(mode), {}, About(), target, Catalogue())
    return [question.name for question in asked if question.is_more].index(value)


LENGTH = above("vllm", "maxModelLen")


def ways() -> list[tuple[str, str]]:
    """The question that follows the engine if several modes have it, with the keys that choose vllm."""
    pack = Pack()
    modes = [pack.mode(name) for name in pack.mode_names]
    rivals = [m for m in modes if m.facts.get("engine") == "vllm" and "modelId" in m.schema["properties"]]
    return [("How do you want to serve it?", "vLLM" + ENTER)] if len(rivals) > 1 else []


WAYS = ways()


@pytest.fixture
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """The option that makes the figures of acme/known known."""
    file = tmp_path_factory.mktemp("catalogue") / "team.yaml"
    file.write_text(CATALOGUE, encoding="utf-8")
    return "--catalogue", str(file)


def values(file: Path) -> dict[str, object]:
    """What was written."""
    read: dict[str, object] = yaml.safe_load(file.read_text("utf-8"))
    return read


def test_a_vllm_model_is_asked_neither_for_a_run_mode_nor_for_cpu(
    tmp_path: Path, known: tuple[str, str], run: Run
) -> None:
    with Terminal(tmp_path, "new", *known, "--gpu-memory", "80", piped=True) as terminal:
        terminal.answer(HUB, ENTER)
        terminal.answer("Model id", KNOWN, ENTER)
        for question, keys in WAYS:
            terminal.answer(question, keys)
        terminal.wait(NOTICE)
        terminal.answer("Name (known)", "mistral", ENTER)
        terminal.answer("Namespace (kaito-workspace)", ENTER)
        terminal.wait("GPU counts that divide its 32 attention heads and 8 KV heads: 1, 2, 4, 8")
        terminal.answer("GPU count (1)", "2")
        terminal.wait("Tensor parallelism will be set to match GPU count: 2")
        terminal.wait("weights, 1/2: 6.88 GiB")
        terminal.type(ENTER)
        terminal.answer("Set more?", ENTER)
        terminal.answer("File (mistral.yaml)", ENTER)
        assert terminal.end() == (0, "")
        assert "mistral.yaml was written. Next: " in terminal.seen
        assert "render.py mistral.yaml --catalogue" in terminal.seen
        assert "Run mode" not in terminal.seen
        assert "Compute type" not in terminal.seen
    assert values(tmp_path / "mistral.yaml") == {
        "name": "mistral",
        "modelSource": "vllm",
        "modelId": KNOWN,
        "computeType": "gpu",
        "resources": {"gpu": 2},
    }
    assert run("mistral.yaml").returncode == 0


@full
def test_a_gated_model_of_no_catalogue_needs_a_secret(tmp_path: Path, run: Run) -> None:
    with Terminal(tmp_path, "new", "own.yaml") as terminal:
        terminal.answer(HUB, ENTER)
        terminal.answer("Model id", "acme/own", ENTER)
        terminal.answer("Engines", DOWN, " ", ENTER)
        terminal.answer("Gated", "y")
        terminal.answer("Token Secret", ENTER)
        terminal.wait("Required value is missing. Give one.")
        terminal.type("hf-token", ENTER)
        terminal.answer("Name (own)", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("GPU count", ENTER)
        terminal.answer("Set more?", ENTER)
        assert terminal.end()[0] == 0
    assert values(tmp_path / "own.yaml")["hfTokenSecret"] == "hf-token"
    assert run("own.yaml").returncode == 0


@full
def test_a_model_that_nothing_here_runs_is_asked_for_again(tmp_path: Path) -> None:
    with Terminal(tmp_path, "new") as terminal:
        terminal.answer(HUB, ENTER)
        terminal.answer("Model id", "acme/none", ENTER)
        terminal.answer("Engines", ENTER)
        terminal.wait("KAITO serves models with llamacpp or vllm; Choose another model.")
        terminal.answer("Model id", CTRL_C)
        assert terminal.end()[0] == 130


@full
def test_a_gguf_model_in_an_image_of_ones_own_shows_how_to_build_that(tmp_path: Path, run: Run) -> None:
    with Terminal(tmp_path, "new") as terminal:
        terminal.answer(HUB, ENTER)
        terminal.answer("Model id", "unsloth/Qwen3-4B-GGUF", ENTER)
        terminal.answer("GGUF file", "Qwen3-4B-Q4_K_M.gguf", ENTER)
        terminal.answer("Run mode", DOWN, ENTER)
        terminal.wait("docker buildx build -t IMAGEREF --push")
        terminal.answer("Name (qwen3-4b-gguf)", "qwen", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("Image", "registry.example.com/qwen:1", ENTER)
        terminal.answer("Compute type", DOWN, ENTER)
        terminal.answer("GPU count (1)", ENTER)
        terminal.answer("Set more?", ENTER)
        terminal.answer("File", ENTER)
        assert terminal.end()[0] == 0
        terminal.wait("docker buildx build -t registry.example.com/qwen:1 --push")
    assert values(tmp_path / "qwen.yaml") == {
        "name": "qwen",
        "modelSource": "huggingface",
        "modelId": "unsloth/Qwen3-4B-GGUF",
        "ggufFile": "Qwen3-4B-Q4_K_M.gguf",
        "ggufRunMode": "build",
        "imageRef": "registry.example.com/qwen:1",
        "computeType": "gpu",
        "resources": {"gpu": 1},
    }
    assert run("qwen.yaml").returncode == 0


@full
def test_a_model_for_both_engines_leads_to_its_gguf_files_or_to_itself(
    tmp_path: Path, known: tuple[str, str]
) -> None:
    with Terminal(tmp_path, "new", *known) as terminal:
        terminal.answer(HUB, ENTER)
        terminal.answer("Model id", "acme/both", ENTER)
        terminal.answer("How do you want to serve it?", ENTER)
        terminal.answer("Model id", "acme/b")
        terminal.wait("acme/both-GGUF")
        terminal.type(DOWN, ENTER)
        terminal.answer("GGUF file", CTRL_C)
        assert terminal.end()[0] == 130
        terminal.wait("? Model id acme/both-GGUF")


def test_premade_models_are_a_list_with_their_images(tmp_path: Path, run: Run) -> None:
    with Terminal(tmp_path, "new") as terminal:
        terminal.answer(HUB, "premade", ENTER)
        terminal.answer("Premade model")
        terminal.wait("GiB, ghcr.io/kaito-project/aikit/phi4:14b")
        terminal.type("phi4", ENTER)
        terminal.answer("Name (phi4-14b)", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("Compute type", ENTER)
        terminal.answer("Set more?", DOWN * above("premade", "resources.cpu"), " ", ENTER)
        terminal.answer("CPU request (optional)", "4", ENTER)
        terminal.answer("File (phi4-14b.yaml)", ENTER)
        assert terminal.end()[0] == 0
    assert values(tmp_path / "phi4-14b.yaml")["resources"] == {"cpu": "4"}
    assert run("phi4-14b.yaml").returncode == 0


@full
def test_a_large_premade_model_is_proposed_for_gpus(tmp_path: Path, run: Run) -> None:
    options = ("--mode", "premade", "--premade-model", "llama3.3:70b", "--node-provisioning", "auto")
    with Terminal(tmp_path, "new", "large.yaml", *options) as terminal:
        terminal.answer("Name (large)", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("Compute type", ENTER)
        terminal.answer("GPU count (1)", ENTER)
        terminal.wait("Instance types that hold the model: Standard_NC24ads_A100_v4")
        terminal.answer("Instance type (Standard_NC24ads_A100_v4)", ENTER)
        assert terminal.end()[0] == 0
    written = values(tmp_path / "large.yaml")
    assert (written["computeType"], written["resources"]) == ("gpu", {"gpu": 1})
    assert written["instanceType"] == "Standard_NC24ads_A100_v4"
    assert run("large.yaml", "--node-provisioning", "auto").returncode == 0


def test_how_it_scales_is_one_question_that_leads_to_the_others(tmp_path: Path, run: Run) -> None:
    options = ("--mode", "premade", "--premade-model", "phi4:14b", "--name", "office")
    with Terminal(tmp_path, "new", "office.yaml", *options) as terminal:
        terminal.answer("Namespace", ENTER)
        terminal.answer("Compute type", ENTER)
        assert terminal.end()[0] == 0, "with options only the rest of the first questions is asked"
    with Terminal(tmp_path, "new") as terminal:
        terminal.answer(HUB, "premade", ENTER)
        terminal.answer("Premade model", "phi4", ENTER)
        terminal.answer("Name (phi4-14b)", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("Compute type", ENTER)
        terminal.answer("Set more?", DOWN * above("premade", "workload"), " ", ENTER)
        terminal.wait("llama.cpp (LocalAI) does not report waiting requests. Scale it by the clock.")
        terminal.answer("How should it scale?", "clock", ENTER)
        terminal.answer("Minimum replicas (1)", "0", ENTER)
        terminal.answer("Maximum replicas", "2", ENTER)
        terminal.answer("Time zone (UTC)", "Europe/Berlin", ENTER)
        terminal.answer("Start", "0 8 * * 1-5", ENTER)
        terminal.answer("End", "0 18 * * 1-5", ENTER)
        terminal.answer("Replicas", "2", ENTER)
        terminal.answer("File (phi4-14b.yaml)", ENTER)
        assert terminal.end()[0] == 0
    written = values(tmp_path / "phi4-14b.yaml")
    schedule = {"timeZone": "Europe/Berlin", "start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "replicas": 2}
    assert written["workload"] == "InferenceSet"
    assert written["autoscaling"] == {"minReplicas": 0, "maxReplicas": 2, "schedule": schedule}
    assert run("phi4-14b.yaml").returncode == 0


@full
def test_what_the_cluster_wants_beyond_is_asked_for(tmp_path: Path, run: Run) -> None:
    options = ("--kaito-version", "0.8", "--node-provisioning", "auto")
    with Terminal(tmp_path, "new", *options) as terminal:
        terminal.answer(HUB, "KAITO preset", ENTER)
        terminal.answer("Preset", "llama-3.1-8b-instruct", ENTER)
        terminal.answer("Name", "llama", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("Instance type", "Standard_NC24ads_A100_v4", ENTER)
        terminal.wait("is gated in KAITO 0.8")
        terminal.answer("Model access Secret", "hf-token", ENTER)
        terminal.answer("Set more?", ENTER)
        terminal.answer("File", ENTER)
        assert terminal.end()[0] == 0
    assert run("llama.yaml", *options).returncode == 0


@full
def test_a_wrong_preset_is_corrected_at_its_own_question(tmp_path: Path) -> None:
    with Terminal(tmp_path, "new", "phi.yaml") as terminal:
        terminal.answer(HUB, "KAITO preset", ENTER)
        terminal.answer("Preset", "phi-4-mini-instrct", ENTER)
        terminal.wait("KAITO 0.12 has no preset `phi-4-mini-instrct`. Did you mean `phi-4-mini-instruct`?")
        assert "inference.preset.name" not in terminal.seen
        terminal.type(CLEAR, "phi-4-mini-instruct", ENTER)
        terminal.answer("Name (phi)", CTRL_C)
        assert terminal.end()[0] == 130


@full
def test_an_instance_type_of_another_cloud_is_corrected_at_its_own_question(tmp_path: Path) -> None:
    options = ("--mode", "preset", "--preset", "phi-4-mini-instruct", "--node-provisioning", "auto")
    with Terminal(tmp_path, "new", "phi.yaml", *options) as terminal:
        terminal.answer("Name (phi)", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("Instance type", "g5.xlarge", ENTER)
        terminal.wait("`g5.xlarge` is an instance type of aws.")
        terminal.type(CLEAR, "Standard_NC24ads_A100_v4", ENTER)
        assert terminal.end()[0] == 0


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """The pack of docs/guides/add-a-mode.md."""
    write_files("docs/guides/add-a-mode.md", tmp_path)
    return tmp_path


@full
def test_a_mode_of_ones_own_is_asked_for_like_any_other(acme: Path, run: Run) -> None:
    with Terminal(acme, "new", "--pack", "my-pack") as terminal:
        terminal.answer(HUB, ENTER)
        terminal.answer("Model id", "acme/tiny-instruct", ENTER)
        terminal.answer("Engines", DOWN, DOWN, " ", ENTER)
        terminal.answer("Name (tiny-instruct)", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("GPU count (1)", "3", ENTER)
        terminal.answer("Set more?", " ", ENTER)
        terminal.answer("Batch size (optional)", "513")
        terminal.wait("`513` is above 512.")
        terminal.type(CLEAR, "16", ENTER)
        terminal.answer("File", ENTER)
        assert terminal.end()[0] == 0
        terminal.wait("render.py tiny-instruct.yaml --pack my-pack")
    assert values(acme / "tiny-instruct.yaml")["batchSize"] == 16
    assert run("tiny-instruct.yaml", "--pack", "my-pack").returncode == 0


def journey(terminal: Terminal, stop: int, key: str) -> bool:
    """The way through a vllm model, until question `stop`, where `key` is pressed; whether it got there."""
    questions = [
        (HUB, ENTER),
        ("Model id", "acme/own" + ENTER),
        ("Engines", DOWN + " " + ENTER),
        *WAYS,
        ("Gated", "n"),
        ("Name", ENTER),
        ("Namespace", ENTER),
        ("GPU count", ENTER),
        ("Set more?", "  " + ENTER),
        ("File", "there.yaml" + ENTER),
        ("there.yaml exists. Overwrite it?", "y"),
    ]
    for number, (question, keys) in enumerate(questions):
        terminal.answer(question, key if number == stop else keys)
        if number == stop:
            return True
    return False


@pytest.mark.parametrize("stop", [*(pytest.param(stop, marks=full) for stop in range(9)), 9])
def test_ctrl_c_at_any_question_ends_it_and_writes_nothing(tmp_path: Path, stop: int) -> None:
    (tmp_path / "there.yaml").write_text("name: there\n", encoding="utf-8")
    with Terminal(tmp_path, "new", piped=True) as terminal:
        assert journey(terminal, stop, CTRL_C)
        assert terminal.end() == (130, "")
        assert "Traceback" not in terminal.seen
    assert [(item.name, item.read_text("utf-8")) for item in tmp_path.iterdir()] == [
        ("there.yaml", "name: there\n")
    ]


@pytest.mark.parametrize("key", [pytest.param(CTRL_D, marks=full), ESCAPE])
@pytest.mark.parametrize("stop", [*(pytest.param(stop, marks=full) for stop in (0, 2, 3)), 4])
def test_so_do_ctrl_d_and_escape(tmp_path: Path, stop: int, key: str) -> None:
    """A list, a list of several, yes or no, a text."""
    with Terminal(tmp_path, "new") as terminal:
        journey(terminal, stop, key)
        assert terminal.end()[0] == 130
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_unless_a_person_says_so(tmp_path: Path) -> None:
    there = tmp_path / "there.yaml"
    there.write_text("name: there\n", encoding="utf-8")
    options = ("new", "there.yaml", "--mode", "premade", "--premade-model", "phi4:14b")
    with Terminal(
        tmp_path, *options, "--namespace", "a", "--compute-type", "cpu", "--name", "own"
    ) as terminal:
        terminal.answer("there.yaml exists. Overwrite it?", "n")
        assert there.read_text("utf-8") == "name: there\n"
        terminal.answer("File (own.yaml)", "there.yaml", ENTER)
        terminal.answer("there.yaml exists. Overwrite it?", "y")
        assert terminal.end()[0] == 0
    assert values(there)["premadeModel"] == "phi4:14b"


@full
def test_what_cannot_be_written_is_asked_for_again(tmp_path: Path) -> None:
    with Terminal(
        tmp_path, "new", "--mode", "premade", "--premade-model", "phi4:14b", "--name", "a"
    ) as terminal:
        terminal.answer("Namespace", ENTER)
        terminal.answer("Compute type", ENTER)
        terminal.answer("File (a.yaml)", "n" * 300, ENTER)
        terminal.wait("cannot be written: file name too long")
        terminal.answer("File (a.yaml)", "/dev/full", ENTER)
        terminal.answer("/dev/full exists. Overwrite it?", "y")
        terminal.wait("/dev/full: cannot be written: no space left on device")
        terminal.answer("File (a.yaml)", ENTER)
        assert terminal.end()[0] == 0
    assert values(tmp_path / "a.yaml")["premadeModel"] == "phi4:14b"


@full
def test_it_begins_with_what_kaito_is_and_what_models_are_served_for(tmp_path: Path) -> None:
    with Terminal(tmp_path, "new") as terminal:
        terminal.answer(HUB, CTRL_C)
        terminal.wait("Flexible inference with GGUF (llama.cpp) and vLLM support.")
        terminal.wait("The model is always served for text generation.")


@full
def test_with_options_only_the_rest_of_the_first_questions_is_asked(
    tmp_path: Path, known: tuple[str, str]
) -> None:
    options = (*known, "--mode", "vllm", "--model-id", KNOWN, "--gpu", "2")
    with Terminal(tmp_path, "new", "-", *options, piped=True) as terminal:
        terminal.answer("Name", "own", ENTER)
        terminal.answer("Namespace", "team-a", ENTER)
        code, printed = terminal.end()
    assert code == 0
    assert yaml.safe_load(printed)["namespace"] == "team-a"


def test_wrong_options_are_told_before_anything_is_asked(tmp_path: Path, known: tuple[str, str]) -> None:
    with Terminal(tmp_path, "new", *known, "--mode", "vllm", "--model-id", KNOWN, "--gpu", "9") as terminal:
        assert terminal.end()[0] == 1
        assert "--gpu: resources.gpu: `9` is above 8" in terminal.seen
        assert "? " not in terminal.seen.splitlines()[0][:2]


@full
def test_what_is_wrong_shows_while_it_is_typed(tmp_path: Path, known: tuple[str, str]) -> None:
    options = (*known, "--mode", "vllm", "--model-id", KNOWN, "--name", "a", "--namespace", "b")
    with Terminal(tmp_path, "new", "a.yaml", *options) as terminal:
        terminal.answer("GPU count (1)", "3")
        terminal.wait("The 32 attention heads")
        terminal.type(ENTER, CLEAR, "9")
        terminal.wait("`9` is above 8")
        terminal.type(CLEAR, "two")
        terminal.wait("`two` is not a whole number")
        terminal.type(CLEAR, "4", ENTER)
        assert terminal.end()[0] == 0
    assert values(tmp_path / "a.yaml")["resources"] == {"gpu": 4}


@full
def test_a_length_above_the_models_limit_is_refused_while_it_is_typed(
    tmp_path: Path, known: tuple[str, str]
) -> None:
    with Terminal(tmp_path, "new", "a.yaml", *known, "--gpu-memory", "16") as terminal:
        terminal.answer(HUB, ENTER)
        terminal.answer("Model id", KNOWN, ENTER)
        terminal.answer("Name", ENTER)
        terminal.answer("Namespace", ENTER)
        terminal.answer("GPU count", "1")
        terminal.wait("GPU counts that fit: 2, 4, 8")
        terminal.type(ENTER)
        terminal.wait("Warning: resources.gpu: `acme/known` needs 20.8 GiB on each GPU")
        terminal.answer("Set more?", *[DOWN] * LENGTH, " ", ENTER)
        terminal.wait("The model's limit: 32768 tokens")
        terminal.answer("Max Model Length (optional)")
        terminal.wait("Default (from model config)")
        terminal.type("32769")
        terminal.wait("32769 tokens are more than the")
        terminal.type(CLEAR, "2048", ENTER)
        assert terminal.end()[0] == 0
    assert values(tmp_path / "a.yaml")["maxModelLen"] == 2048


def test_a_token_is_refused_and_not_repeated(tmp_path: Path) -> None:
    token = "hf_" + "abcdefghijklmnopqrst"
    options = ("--mode", "vllm", "--model-id", "acme/own", "--gated")
    with Terminal(tmp_path, "new", "a.yaml", *options) as terminal:
        terminal.answer("Token Secret", token)
        terminal.wait("Value is a Hugging Face token (not shown).")
        terminal.type(ENTER, CLEAR, "hf-token", ENTER)
        terminal.answer("Name", CTRL_C)
        assert terminal.end()[0] == 130
        assert token not in terminal.seen


@full
def test_a_narrow_terminal_shows_whole_messages(tmp_path: Path, known: tuple[str, str]) -> None:
    options = (*known, "--mode", "vllm", "--model-id", KNOWN, "--name", "a", "--namespace", "b")
    with Terminal(tmp_path, "new", "-", *options, columns=34) as terminal:
        terminal.answer("GPU count (1)", "3")
        terminal.wait("vLLM exits at startup. Use 1, 2, 4 or 8 GPUs")
        assert max(map(len, terminal.seen.splitlines())) <= 34
        terminal.type(CTRL_C)
        assert terminal.end()[0] == 130


COLOUR = re.compile(r"\x1b\[[0-9;]*\b(3[0-8]|9[0-7])[;m]")


@full
@pytest.mark.parametrize("env", [{}, {"NO_COLOR": "1"}])
def test_colours_are_left_out_where_that_is_asked_for(tmp_path: Path, env: dict[str, str]) -> None:
    with Terminal(tmp_path, "new", "--mode", "premade", env=env) as terminal:
        terminal.answer("Premade model", ENTER)
        terminal.answer("Name", "UP")
        terminal.wait("is not a valid DNS label")
        terminal.type(CTRL_C)
        assert terminal.end()[0] == 130
        assert bool(COLOUR.search(terminal.raw)) == (not env)


@full
def test_escape_sequences_in_a_packs_words_do_nothing(acme: Path) -> None:
    mode = acme / "my-pack" / "templates" / "acme" / "mode.yaml"
    mode.write_text(
        mode.read_text("utf-8")
        .replace("title: Acme Serve", 'title: "\\e]0;evil\\aAcme \\e[41mX"')
        .replace("engine: acme", "engine: other")  # unknown, so its mode is in the first list
    )
    with Terminal(acme, "new", "--pack", "my-pack") as terminal:
        terminal.answer(HUB)
        terminal.wait("\\x1b]0;evil\\x07Acme \\x1b[41mX")
        assert "\x1b]0;" not in terminal.raw
        assert "\x1b[41m" not in terminal.raw
        terminal.type(CTRL_C)
        assert terminal.end()[0] == 130


@full
def test_a_dumb_terminal_is_none(tmp_path: Path) -> None:
    with Terminal(tmp_path, "new", "--mode", "premade", env={"TERM": "dumb"}) as terminal:
        assert terminal.end()[0] == 2
        assert "there is no terminal to ask in. Pass --premade-model" in terminal.seen


@full
def test_the_session_of_the_page_is_a_real_one(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "guides" / "wizard.md").read_text(encoding="utf-8")
    keys = [
        (HUB, ENTER),
        ("Model id", "microsoft/Phi-4-mini-instruct" + ENTER),
        ("Name", "phi" + ENTER),
        ("Namespace", ENTER),
        ("GPU count", "2" + ENTER),
        ("Set more?", DOWN * LENGTH + " " + ENTER),
        ("Max Model Length", "8192" + ENTER),
        ("File", ENTER),
    ]
    with Terminal(tmp_path, "new") as terminal:
        for question, typed in keys:
            terminal.answer(question, typed)
        assert terminal.end()[0] == 0
        shown = re.findall(r"^```text\n(Flexible .*?)^```$", page, re.DOTALL | re.MULTILINE)
        seen = terminal.seen.replace(str(ROOT / "render.py"), "kaito-pack")
        assert shown == [seen.strip() + "\n"]


@full
def test_the_hub_is_asked_about_an_unknown_model_only_if_a_person_wants(tmp_path: Path) -> None:
    with fake_hub() as hub:
        files = {"config.json": {"architectures": ["LlamaForCausalLM"], "max_position_embeddings": 4096}}
        hub.repositories["acme/own"] = Repository(files)
        online = {
            "HF_HUB_OFFLINE": "0",
            "HF_ENDPOINT": hub.address,
            "HF_HOME": str(tmp_path),
            "NO_PROXY": "*",
        }
        with Terminal(tmp_path, "new", "own.yaml", env=online) as terminal:
            terminal.answer(HUB, ENTER)
            terminal.answer("Model id", "acme/own", ENTER)
            terminal.wait("Ask the Hub now? This uses the network.")
            assert hub.requests == []
            terminal.type("y")
            terminal.wait("kaito-pack models add acme/own")
            terminal.wait(NOTICE)
            assert "/api/models/acme/own" in hub.requests
            terminal.type(CTRL_C)
            assert terminal.end()[0] == 130
