"""Wrong values files: one file a fault, the expected message in its first line."""

from __future__ import annotations

import pytest

from kaito_pack.base.sentences import line
from kaito_pack.kaito.target import Target
from kaito_pack.pack import Pack
from kaito_pack.run.pipeline import Pipeline
from tests.conftest import ROOT

FILES = sorted((ROOT / "tests" / "invalid").glob("*.yaml"))
PIPELINE = Pipeline(Pack(), Target("0.12", "1.35"))


def test_there_are_wrong_files() -> None:
    assert len(FILES) > 40


@pytest.mark.usefixtures("four_modes")  # messages name the modes that have a value
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_wrong_file_is_refused_in_the_words_that_it_expects(file) -> None:
    expected = file.read_text(encoding="utf-8").splitlines()[0].removeprefix("# expect: ")
    (outcome,) = PIPELINE.run([str(file)])
    errors = [line(result).removeprefix(f"{file}:") for result in outcome.problems if result.is_error]
    assert not outcome.is_good
    assert any(text.startswith(expected) for text in errors), "\n".join([expected, *errors])
    assert len(errors) == 1, "one fault a file, and no cascade:\n" + "\n".join(errors)
