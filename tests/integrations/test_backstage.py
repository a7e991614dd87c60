"""Backstage: what the form gives, the skeleton writes, and the pack renders."""

from __future__ import annotations

import json
import subprocess

import jinja2
import pytest
import yaml
from jsonschema import Draft7Validator

from kaito_pack.pack import Pack
from tests.conftest import ROOT

FOLDER = ROOT / "integrations" / "backstage"
TEMPLATE = yaml.safe_load((FOLDER / "template.yaml").read_text(encoding="utf-8"))
SKELETON = FOLDER / "skeleton" / "${{ values.name }}.yaml"
PACK = Pack()
(MODEL,) = (page for page in TEMPLATE["spec"]["parameters"] if page["title"] == "Model")
EXAMPLES = [
    values
    for file in sorted((ROOT / "values").glob("*.yaml"))
    if "modelSource" in (values := yaml.safe_load(file.read_text(encoding="utf-8")))
]
NASTY = ["a: b", "no", "1e3", '"', "'", "\\", "# x", "{{ 1 }}", "${{ 1 }}", "{% raw %}", "é\u2028x"]

# Backstage's own settings: its engine, variables in ${{ }}.
ENGINE = """
const nunjucks = require('nunjucks');
const tags = {variableStart: '${{', variableEnd: '}}'};
const engine = nunjucks.configure({autoescape: false, tags});
const {text, values} = JSON.parse(require('fs').readFileSync(0, 'utf8'));
process.stdout.write(engine.renderString(text, {values}));
"""


def by_jinja(text, values):
    """The skeleton by Jinja2, whose language has all that the skeleton uses."""
    engine = jinja2.Environment(
        variable_start_string="${{", variable_end_string="}}", keep_trailing_newline=True
    )
    engine.filters["dump"] = lambda value: json.dumps(value, ensure_ascii=False)
    return engine.from_string(text).render(values=values)


@pytest.fixture(params=["jinja2", "nunjucks"])
def engine(request, tool):
    """Renders a text as Backstage does: by its own engine where that is installed."""
    if request.param == "jinja2":
        return by_jinja
    node, modules = tool("node"), ROOT / ".tools" / "node" / "node_modules"
    tool("../node/node_modules/nunjucks")

    def by_nunjucks(text, values):
        done = subprocess.run(
            [node, "-e", ENGINE],
            input=json.dumps({"text": text, "values": values}),
            env={"NODE_PATH": str(modules)},
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout

    return by_nunjucks


def branch(mode):
    (result,) = (
        item
        for item in MODEL["dependencies"]["modelSource"]["oneOf"]
        if item["properties"]["modelSource"]["enum"] == [mode]
    )
    return result


def asked(mode):
    return {**MODEL["properties"], **branch(mode)["properties"]}


def written(engine, values):
    return yaml.safe_load(engine(SKELETON.read_text(encoding="utf-8"), values))


def test_every_mode_can_be_chosen_and_has_a_page():
    assert MODEL["properties"]["modelSource"]["enum"] == list(PACK.mode_names)
    assert [branch(mode)["properties"]["modelSource"]["enum"] for mode in PACK.mode_names]


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_what_the_mode_needs_is_asked_for_and_required(mode):
    required = {*MODEL["required"], *branch(mode).get("required", [])}
    assert required == set(PACK.mode(mode).schema["required"])


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_nothing_is_asked_for_that_the_mode_does_not_have(mode):
    schema = PACK.mode(mode).schema["properties"]
    assert [name for name in asked(mode) if "not" in schema.get(name, {"not": {}})] == []


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_the_form_takes_the_examples_of_the_values_schema(mode):
    for name, field in asked(mode).items():
        Draft7Validator.check_schema(field)
        if name != "modelSource":
            for example in field.get("examples", []):
                Draft7Validator(field).validate(example)


def test_the_form_fills_in_no_default():
    assert '"default"' not in json.dumps(MODEL)


@pytest.mark.parametrize("values", EXAMPLES, ids=lambda values: values["name"])
def test_what_the_form_is_given_is_what_the_values_file_says(engine, values):
    given = {name: value for name, value in values.items() if name in asked(values["modelSource"])}
    assert written(engine, {**given, "repoUrl": "x", "folder": "models"}) == given


@pytest.mark.parametrize("mode", PACK.mode_names)
def test_what_the_form_demands_and_a_node_to_run_on_is_enough_to_render(engine, mode, run):
    fields = asked(mode)
    names = PACK.mode(mode).schema["required"]
    values = {name: fields[name]["examples"][0] for name in names if name != "modelSource"}
    # Some modes need nodes to be named, or made.
    values |= {"modelSource": mode, "instanceType": fields["instanceType"]["examples"][0]}
    text = engine(SKELETON.read_text(encoding="utf-8"), values)
    done = run("-", stdin=text)
    assert done.returncode == 0, done.stderr


def test_what_was_left_empty_is_left_out(engine):
    values = {"name": "a", "resources": {}, "preferredNodes": [], "imageRef": "", "instanceType": None}
    assert written(engine, values) == {"name": "a"}


@pytest.mark.parametrize("text", NASTY)
def test_no_text_breaks_out_of_its_value(engine, text):
    assert written(engine, {"name": text, "replicas": 2}) == {"name": text, "replicas": 2}


def test_the_steps_use_what_is_there():
    steps = {step["id"]: step for step in TEMPLATE["spec"]["steps"]}
    assert (FOLDER / steps["values"]["input"]["url"]).is_dir()
    parameters = {name for page in TEMPLATE["spec"]["parameters"] for name in page["properties"]}
    used = {"repoUrl", "name", "folder"}
    assert used <= parameters
    assert all(f"parameters.{name} }}}}" in json.dumps(steps["propose"]) for name in used)
