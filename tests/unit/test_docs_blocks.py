"""What reads and runs the blocks of documentation pages finds what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs import shell
from tests.docs.pages import Block, blocks, write

TEXT = """
# Page

`one.yaml`

```yaml
a: 1
```

<!-- first: echo b > two -->
<!-- needs: cluster promtool -->
```sh
cat two
false   # exit code 1
```

```text
b
```

Not the output of anything:

```text
c
```

<!-- not run: needs a moon -->
```sh
fly
```
"""
FILE, RUN, SHOWN, OTHER, LEFT_OUT = blocks("page.md", TEXT)


def test_a_path_before_a_block_names_a_file(tmp_path: Path) -> None:
    assert (FILE.file, RUN.file, FILE.line) == ("one.yaml", None, 6)
    write(FILE, tmp_path)
    assert (tmp_path / "one.yaml").read_text() == "a: 1\n"


def test_a_file_that_the_repository_has_must_be_shown_as_it_is(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"is not what values/llama\.yaml says"):
        write(Block("page.md", 1, "yaml", "name: other\n", file="values/llama.yaml"), tmp_path)


def test_marks_belong_to_the_block_below_them() -> None:
    assert RUN.marks == {"first": "echo b > two", "needs": "cluster promtool"}
    assert RUN.needs == {"cluster", "promtool"}
    assert (RUN.runs, LEFT_OUT.runs, FILE.marks) == (True, False, {})


def test_the_output_of_a_block_follows_it_directly() -> None:
    assert SHOWN.shows is RUN and OTHER.shows is None
    assert shell.shown_output(RUN, [SHOWN, OTHER]) == "b\n"


@pytest.mark.parametrize(
    ("shown", "printed", "is_so"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("…\nd\n", "d\n", True),
        ("...\n", "a\n", True),
        ("a\n…\n", "b\n", False),
        ("a.\n", "ab\n", False),
    ],
)
def test_shown_output_is_compared_line_by_line(shown: str, printed: str, is_so: bool) -> None:
    assert shell.agrees(shown, printed) is is_so


def test_each_command_has_its_own_exit_code(tmp_path: Path) -> None:
    work = shell.checkout(tmp_path)
    script = "cd docs\nfalse   # exit code 1\necho \\\n  a\nls none-such\n"
    done = shell.run(Block("page.md", 1, "sh", script), work)
    assert [(item.code == 0, item.stated) for item in done] == [(True, 0), (False, 1), (True, 0), (False, 0)]
    assert done[2].printed == "a\n"


def test_a_console_block_has_commands_and_output_in_one(tmp_path: Path) -> None:
    block = Block("page.md", 1, "console", "$ echo a\na\n$ false   # exit code 1\n")
    done = shell.run(block, shell.checkout(tmp_path))
    assert [item.code for item in done] == [0, 1]
    assert shell.shown_output(block, []) == "a\n"


def test_a_cluster_is_there_only_where_a_page_asks_for_it(tmp_path: Path) -> None:
    work = shell.checkout(tmp_path)
    asked = "kubectl get workspaces -A -o json\n"
    (without,) = shell.run(Block("page.md", 1, "sh", asked), work)
    (within,) = shell.run(Block("page.md", 1, "sh", asked, {"needs": "cluster"}), work)
    assert without.code == 1 and "needs: cluster" in without.printed
    assert within.code == 0 and "workspace-llama" in within.printed


def test_a_block_whose_shell_ends_early_is_told(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="ends the shell"):
        shell.run(Block("page.md", 1, "sh", "exit 0\necho a\n"), shell.checkout(tmp_path))
