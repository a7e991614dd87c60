"""The page itself: problems, state, files, harm, and that everybody can use it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.browser.axe import axe, with_axe
from tests.browser.form import GGUF, LLAMA, MISTRAL, Form, link, served
from tests.conftest import ROOT

READY = {
    "start": {"modelId": MISTRAL},
    "answers": {"name": "m", "resources.gpu": "2"},
    "target": {"gpuMemoryGiB": "24"},
}
STATES: dict[str, dict[str, Any]] = {
    "empty": {},
    "unknown": {"start": {"modelId": "acme/new"}},
    "vllm": {**READY, "start": {"modelId": LLAMA}, "answers": {"name": "m", "hfTokenSecret": "hf"}},
    "build": {
        "start": {"modelId": GGUF, "engines": "llamacpp"},
        "answers": {"name": "q", "ggufFile": "q.gguf", "ggufRunMode": "build", "imageRef": "example.com/q:1"},
    },
    "premade": {"mode": "premade"},
    "premade, by the clock": {
        "mode": "premade",
        "answers": {"name": "m", "premadeModel": "llama3.3:70b", "workload": "clock"},
    },
    "preset": {"mode": "preset", "answers": {"name": "m", "preset": "phi-4-mini-instruct"}},
    "problems": {
        "start": {"modelId": MISTRAL},
        "answers": {"name": "My Model", "maxModelLen": "two", "resources.gpu": "3"},
    },
    "too large": {**READY, "target": {"gpuMemoryGiB": "8"}},
}


# Problems.


def test_a_problem_stands_beside_its_field_its_line_and_in_the_list(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "My Model")
    name = form.field("Name")
    words = "My Model is not a valid DNS label."
    assert name.get_attribute("aria-invalid") == "true"
    assert words in form.described(name)
    form.tab("Values")
    line = form.page.locator("#values .line.error")
    assert line.text_content() == "name: My Model\n"
    assert words in line.locator("xpath=following-sibling::*[1]").text_content()
    form.tab("Problems")
    entry = form.page.locator("#problems li").filter(has_text=words)
    assert "values/not-a-name" in entry.text_content()
    entry.get_by_role("button", name="name").click()
    assert name.evaluate("one => one === document.activeElement")
    assert form.status() == "1 problem"
    form.fill("Name", "my-model")
    assert name.get_attribute("aria-invalid") is None
    assert words not in form.page.locator("body").inner_text()


def test_what_is_not_answered_yet_is_required_but_not_wrong(form: Form) -> None:
    form.start(GGUF, "llama.cpp (LocalAI)")
    file = form.field("GGUF file")
    assert (file.get_attribute("aria-required"), file.get_attribute("aria-invalid")) == ("true", None)
    assert "Required" in form.described(file)
    assert form.status() == "1 to answer"


def test_a_warning_stands_beside_its_line_of_the_manifest(form: Form) -> None:
    unknown = {"modelId": "acme/new", "engines": "vllm", "gated": "false"}
    form.load({**READY, "start": unknown, "answers": {"name": "m", "extraArgs": "--enable-prefix-caching"}})
    line = form.page.locator("#manifest .line.advice").last
    assert line.text_content().strip() == "- --trust-remote-code"


def test_a_problem_under_advanced_opens_it(form: Form) -> None:
    form.load(STATES["problems"]).tab("Problems")
    form.page.locator("#problems").get_by_role("button", name="maxModelLen").click()
    assert form.field("Max Model Length").evaluate("one => one === document.activeElement")


# What is typed stays, whatever the server says meanwhile.


def test_the_caret_stays_where_it_is_while_answers_come_in(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "abcd")
    name = form.field("Name")
    name.evaluate("one => { one.focus(); one.setSelectionRange(2, 2) }")
    for letter in "xyz":
        form.page.keyboard.type(letter)
        form.settled()
    assert name.input_value() == "abxyzcd"
    assert name.evaluate("one => one.selectionStart") == 5
    assert "name: abxyzcd\n" in form.shown("values")


def test_an_answer_that_comes_late_is_dropped(form: Form) -> None:
    form.start(MISTRAL)
    waiting = []

    def hold(route: Any) -> None:
        if '"name":"first"' in (route.request.post_data or ""):
            waiting.append(route)
        else:
            route.continue_()

    form.page.route("**/view", hold)
    with form.page.expect_request(lambda request: '"name":"first"' in (request.post_data or "")):
        form.field("Name").fill("first")
    form.fill("Name", "second")
    assert "name: second\n" in form.shown("values")
    (late,) = waiting
    with form.page.expect_event("requestfinished"):
        late.continue_()
    form.page.evaluate("new Promise(requestAnimationFrame)")  # by now the page has seen the answer
    assert "name: second\n" in form.shown("values")


def test_a_server_that_has_gone_is_told_and_nothing_is_lost(page_of: Callable[..., Any]) -> None:
    with served() as (url, server):
        form = Form(page_of(), url).load()
        form.start(MISTRAL)
        server.kill()
        server.wait()
        form.fill("Name", "kept")
        assert form.page.get_by_role("alert").get_by_text("The form does not respond").is_visible()
        assert form.field("Name").input_value() == "kept"
        form.page.wrong[:] = [item for item in form.page.wrong if "ERR_CONNECTION_REFUSED" not in item]
        port = url.rstrip("/").rpartition(":")[2]
        assert form.page.get_by_role("alert").get_by_text(f"--port {port}").is_visible()
        with served("--port", port):
            form.page.evaluate("window.dispatchEvent(new Event('focus'))")
            assert "name: kept\n" in form.settled().shown("values")
            assert not form.page.get_by_role("alert").is_visible()


# The link, back and forward.


def test_the_link_holds_the_whole_state_and_no_server_sees_it(
    form: Form, page_of: Callable[..., Any]
) -> None:
    form.start(MISTRAL).fill("Name", "linked").choose("GPU count", "4").fill("GPU memory", "24")
    form.select("KAITO version", "0.9")
    form.page.get_by_role("button", name="Copy link").click()
    form.page.get_by_role("button", name="Copied").wait_for()
    copied = form.page.evaluate("navigator.clipboard.readText()")
    other = page_of()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(copied)
    restored = Form(other, form.url).settled()
    assert restored.shown("values") == form.shown("values")
    assert restored.shown("manifest") == form.shown("manifest")
    assert restored.field("KAITO version").input_value() == "0.9"
    assert restored.field("GPU memory").input_value() == "24"
    assert [url for url in asked if "#" in url and not url.startswith(copied)] == []


def test_back_undoes_and_forward_does_again(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "one").choose("GPU count", "2").fill("Name", "two")
    form.page.go_back()
    form.settled()
    assert "name: one\n" in form.shown("values") and "gpu: 2\n" in form.shown("values")
    assert form.field("Name").input_value() == "one"
    form.page.go_back()
    assert "gpu: 1\n" in form.settled().shown("values")
    form.page.go_forward()
    form.page.go_forward()
    assert "name: two\n" in form.settled().shown("values")


def test_skipping_and_a_strange_fragment_leave_what_was_said(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "m")
    form.page.get_by_role("button", name="Skip to the form").focus()
    form.page.keyboard.press("Enter")
    form.page.goto(form.url + "#somewhere")
    assert "name: m\n" in form.settled().shown("values")


def test_back_to_the_beginning_is_the_empty_form(form: Form) -> None:
    form.start(MISTRAL)
    form.page.go_back()
    form.settled()
    assert form.field("Model id").input_value() == ""
    assert form.field("KAITO version").input_value() == "0.12"


def test_typing_a_word_is_one_step_back(form: Form) -> None:
    form.start(MISTRAL)
    form.field("Name").press_sequentially("typed", delay=160)
    form.settled()
    form.page.go_back()
    assert "name: typed" not in form.settled().shown("values")
    assert form.field("Name").input_value() == "mistral-7b-instruct-v0-3"


@pytest.mark.parametrize(
    "broken",
    [
        "#x",
        "#" + "A" * 50,
        link({"answers": []}),
        link({"start": {"modelId": 1}}),
        link({"target": 3}),
        link({"target": {"kaitoVersion": 3}}),
        link({"kept": "{"}),
    ],
)
def test_a_link_that_is_no_state_gives_an_empty_form_that_works(form: Form, broken: str) -> None:
    form.page.goto("about:blank")
    form.page.goto(form.url + broken)
    form.settled()
    assert form.page.get_by_role("alert").is_visible() == bool(form.page.wrong), (
        "the server could not read it"
    )
    form.page.wrong[:] = [item for item in form.page.wrong if "400" not in item]
    assert form.start(MISTRAL).shown("values")
    assert not form.page.get_by_role("alert").is_visible()


def test_a_broken_link_in_an_open_page_leaves_what_was_said(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "mine")
    form.page.goto(form.url + link({"target": 3}))
    form.page.get_by_role("alert").get_by_text("The link is broken").wait_for()
    form.page.wrong[:] = [item for item in form.page.wrong if "400" not in item]
    assert "name: mine\n" in form.settled().shown("values")
    form.click("Start over").start(MISTRAL)
    assert "name: mistral-7b-instruct-v0-3\n" in form.shown("values")


def test_start_over_empties_the_form_and_back_brings_it_again(form: Form) -> None:
    form.start(MISTRAL).fill("Name", "m").click("Start over")
    assert form.field("Model id").input_value() == ""
    assert not form.page.locator("#values-card").is_visible()
    form.page.go_back()
    assert "name: m\n" in form.settled().shown("values")


def test_a_token_does_not_get_into_the_address(form: Form) -> None:
    form.start(LLAMA).fill("Name", "m")
    before = form.page.url
    form.fill("Token Secret", "hf_" + "a" * 30)
    assert form.page.url == before
    form.page.get_by_role("button", name="Copy link").click()
    assert form.page.get_by_role("button", name="Remove the token first").is_visible()
    assert form.page.get_by_text("a Hugging Face token").first.is_visible()


# Files.


def test_what_no_question_asks_for_is_kept_in_an_opened_file(form: Form, tmp_path: Path) -> None:
    file = tmp_path / "kept.yaml"
    file.write_text(
        f"name: a\nmodelSource: vllm\nmodelId: {MISTRAL}\npodTemplate:\n  spec:\n"
        "    {imagePullSecrets: [{name: registry}], terminationGracePeriodSeconds: 9007199254740993}\n",
        encoding="utf-8",
    )
    form.page.locator("#file").set_input_files(file)
    form.page.wait_for_selector("#values .line", state="attached")
    form.settled().fill("Name", "b")
    values = yaml.safe_load(form.shown("values"))
    assert values["name"] == "b"
    assert values["podTemplate"] == yaml.safe_load(file.read_text("utf-8"))["podTemplate"]


def test_a_file_can_be_dropped_on_the_page(form: Form) -> None:
    text = (ROOT / "values" / "premade-llama-cpu.yaml").read_text("utf-8")
    transfer = form.page.evaluate_handle(
        "text => { const all = new DataTransfer(); all.items.add(new File([text], 'a.yaml')); return all }",
        text,
    )
    form.page.dispatch_event("main", "drop", {"dataTransfer": transfer})
    form.page.wait_for_selector("#values .line", state="attached")
    assert yaml.safe_load(form.shown("values"))["modelSource"] == "premade"


def test_a_file_that_cannot_be_read_is_told_line_by_line(form: Form, tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text("name: a\nname: b\nmodelSource: vllm\nreplicas: 010\n", encoding="utf-8")
    form.start(MISTRAL)
    form.page.locator("#file").set_input_files(file)
    report = form.page.get_by_role("alert")
    report.get_by_text("line 2").wait_for()
    assert report.get_by_text("line 4").is_visible()
    assert form.field("Model id").input_value() == MISTRAL, "what was there stays"


def test_a_file_that_is_no_text_is_told_and_not_guessed(form: Form, tmp_path: Path) -> None:
    file = tmp_path / "latin-1.yaml"
    file.write_bytes(f"name: a\nmodelSource: vllm\nmodelId: {MISTRAL}\nextraArgs: [é]\n".encode("latin-1"))
    form.page.locator("#file").set_input_files(file)
    form.page.get_by_role("alert").get_by_text("UTF-8").first.wait_for()
    file.write_bytes(b"#" * (1 << 21))
    form.page.locator("#file").set_input_files(file)
    form.page.get_by_role("alert").get_by_text("More than 1 MiB").wait_for()
    form.page.wrong[:] = [item for item in form.page.wrong if "413" not in item]


def test_a_text_that_is_dropped_goes_where_it_was_dropped(form: Form) -> None:
    is_left_to_the_browser = form.page.evaluate(
        "() => { const all = new DataTransfer(); all.setData('text/plain', 'a/b')\n"
        "return document.body.dispatchEvent("
        "new DragEvent('drop', { dataTransfer: all, bubbles: true, cancelable: true })) }"
    )
    assert is_left_to_the_browser
    assert not form.page.get_by_role("alert").is_visible()


# Harm.

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "'\"><svg onload=alert(1)>",
    "{{7*7}}",
    "javascript:alert(1)",
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_is_ever_read_as_html(form: Form, payload: str, tmp_path: Path) -> None:
    """A dialog, an error or a request elsewhere would fail the test."""
    names = ["name", "namespace", "imageRef", "maxModelLen", "labelSelector", "extraArgs", "hfTokenSecret"]
    form.load({"start": {"modelId": payload, "engines": "vllm"}, "answers": dict.fromkeys(names, payload)})
    for tab in ("Manifest", "Values", "Problems"):
        form.tab(tab)
    assert form.page.locator("main script, main img, main svg[onload]").count() == 0
    assert payload in form.page.locator("body").text_content()
    form.load({**READY, "answers": {"name": "m", "extraArgs": payload}})
    container = next(yaml.safe_load_all(form.shown("manifest")))["inference"]["template"]["spec"][
        "containers"
    ][0]
    assert payload in container["args"]
    file = tmp_path / "payload.yaml"
    file.write_text(yaml.safe_dump({"name": payload, payload: payload}), encoding="utf-8")
    form.page.locator("#file").set_input_files(file)
    form.page.get_by_role("alert").wait_for()
    assert form.page.locator("main script, main img").count() == 0


def test_the_policy_lets_no_script_of_a_page_s_own_run(form: Form) -> None:
    form.page.evaluate(
        "() => { const one = document.createElement('script')\n"
        "one.textContent = 'window.ran = 1'\n document.head.append(one) }"
    )
    assert form.page.evaluate("window.ran") is None
    assert any("Content Security Policy" in item for item in form.page.wrong)
    form.page.wrong.clear()


# Everybody.


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(page_of: Callable[..., Any], url: str, state: str, scheme: str) -> None:
    form = Form(page_of(bypass_csp=True, color_scheme=scheme), url).load(STATES[state])
    with_axe(form.page)
    if form.page.locator("#values-card").is_visible():
        form.advanced()
    for tab in ("Manifest", "Values", "Problems"):
        form.tab(tab)
        assert axe(form.page) == [], tab


@pytest.mark.parametrize("width", [320, 640])
@pytest.mark.parametrize("state", STATES)
def test_a_narrow_screen_never_scrolls_sideways(
    page_of: Callable[..., Any], url: str, state: str, width: int
) -> None:
    form = Form(page_of(viewport={"width": width, "height": 700}), url).load(STATES[state])
    if form.page.locator("#values-card").is_visible():
        form.advanced()
    for tab in ("Manifest", "Values", "Problems"):
        form.tab(tab)
        assert form.page.evaluate("document.documentElement.scrollWidth") <= width


def test_light_and_dark_follow_the_system_and_the_button(page_of: Callable[..., Any], url: str) -> None:
    def background(form: Form) -> int:
        colour = form.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in re.findall(r"\d+", colour)[:3])

    light, dark = (Form(page_of(color_scheme=scheme), url).load() for scheme in ("light", "dark"))
    assert background(light) > 600 > 150 > background(dark)
    for form, first, second in ((light, "dark", "light"), (dark, "light", "dark")):
        form.page.get_by_role("button", name=f"Switch to {first}").click()
        assert form.page.get_by_role("button", name=f"Switch to {second}").is_visible()
    assert background(dark) > 600 > 150 > background(light)


def test_what_is_chosen_shows_in_the_colours_that_a_person_forces(
    page_of: Callable[..., Any], url: str
) -> None:
    form = Form(page_of(forced_colors="active"), url).load(READY)
    look = "one => getComputedStyle(one).backgroundColor"
    counts = form.page.get_by_role("radiogroup", name="GPU count").locator(".choice")
    item, two = (counts.nth(index).evaluate(look) for index in (0, 1))
    assert item != two
    tabs = [form.page.get_by_role("tab", name=name).evaluate(look) for name in ("Manifest", "Values")]
    assert tabs[0] != tabs[1]


def test_a_printed_page_has_the_whole_manifest(page_of: Callable[..., Any], url: str) -> None:
    form = Form(page_of(), url).load(READY)
    form.page.emulate_media(media="print")
    hidden = "one => [one.scrollHeight - one.clientHeight, one.scrollWidth - one.clientWidth]"
    for part in (form.page.locator("#manifest"), form.page.locator("#result")):
        assert part.evaluate(hidden) == [0, 0]


def test_what_is_typed_shows_in_the_manifest_after_one_question_to_the_server(form: Form) -> None:
    form.load(READY)
    asked: list[str] = []
    form.page.on("request", lambda request: asked.append(request.url.removeprefix(form.url)))
    form.fill("Name", "quick")
    assert "workspace-quick" in form.shown("manifest")
    assert asked.count("view") == 1
