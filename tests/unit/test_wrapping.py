"""Values that are wrapped as an object."""

from __future__ import annotations

import pytest

from kaito_pack.base.problems import Place, ProblemsError
from kaito_pack.documents import read_text
from kaito_pack.values.wrapping import unwrapped

HEAD = "apiVersion: pack.kubefoundry.io/v1\nkind: Values\n"


def document(text):
    return read_text(text, "x.yaml")[0]


def test_the_values_are_what_stands_in_spec_with_its_places():
    result = unwrapped(document(HEAD + "spec:\n  name: llama\n  resources:\n    gpu: 2\n"))
    assert result.value == {"name": "llama", "resources": {"gpu": 2}}
    assert result.place(("resources", "gpu")) == Place("x.yaml", 6, 10)
    assert result.place(("name",), key=True) == Place("x.yaml", 4, 3)


def test_what_is_not_wrapped_stays_as_it_is():
    plain = document("name: llama\n")
    assert unwrapped(plain) is plain


def test_surprises_and_twice_written_keys_keep_their_path_in_the_values():
    result = unwrapped(document(HEAD + "spec:\n  name: no\n  replicas: 1\n  replicas: 2\n"))
    assert [(item.path, item.raw) for item in result.surprises] == [(("name",), "no")]
    assert [item.path for item in result.duplicates] == [("replicas",)]


@pytest.mark.parametrize(
    ("text", "rules", "line"),
    [
        ("spcc: {name: llama}\n", ["values/pack-file-unknown-field", "values/pack-file-missing-field"], 3),
        ("spec: [name]\n", ["values/pack-file-wrong-type"], 3),
        ("spec:\n", ["values/pack-file-wrong-type"], 3),
        ("metadata: {}\n", ["values/pack-file-missing-field"], 1),
    ],
)
def test_a_wrong_wrapping_is_told_where_it_stands(text, rules, line):
    with pytest.raises(ProblemsError) as error:
        unwrapped(document(HEAD + text))
    assert [result.rule for result in error.value.problems] == rules
    assert error.value.problems[0].place.line == line
