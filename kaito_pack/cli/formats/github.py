"""Problems as workflow commands of GitHub Actions."""

from __future__ import annotations

from kaito_pack.base.paths import path_text
from kaito_pack.base.problems import Place, Problem
from kaito_pack.base.sentences import sentence


def annotation(found: Problem) -> str:
    """A GitHub workflow command: `::error file=llama.yaml,line=4,col=1,title=values/missing::…`"""
    place = found.place or Place("")
    words = " ".join(filter(None, [sentence(found.message), sentence(found.fix)]))
    text = f"{path_text(found.path)}: {words}" if found.path else words
    return workflow_command(found.level, place.file, place.line, place.column, found.rule, text)


def workflow_command(severity: str, file: str, line: int, column: int, title: str, text: str) -> str:
    """The same for what is no problem of a rule."""
    if not line:  # an option of the command line: no file to show it beside
        return f"::{severity} title={_property(title)}::{_data(f'{file}: {text}')}"
    properties = f"file={_property(file)},line={line},col={column},title={_data(title)}"
    return f"::{severity} {properties}::{_data(text)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
