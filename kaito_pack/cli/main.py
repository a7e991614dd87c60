"""The entry point: imports only the module of the command, and turns errors into exit codes.

0: no problems; 1: the input was read and has problems; 2: nothing could be checked.
"""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from io import TextIOWrapper
from keyword import iskeyword
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

import click

from kaito_pack import __version__
from kaito_pack.base import code_cache, derived
from kaito_pack.base.problems import PackError, ProblemsError, UsageError
from kaito_pack.cli._program import completion_variable, program

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

HELP = """Render KAITO manifests from values files and check them without a cluster.

\b
    {program} llama.yaml              print the manifests (`render` is the default command)
    {program} validate llama.yaml     check them as a cluster would
    {program} llama.yaml | kubectl apply -f -

Manifests and reports go to stdout, messages and progress to stderr. Exit codes: 0 success; 1 the
input is wrong; 2 nothing could be checked (usage error, missing file).

Shell completion: `{program} completion bash`, zsh or fish prints the script.
"""


class Commands(click.Group):
    """The group of commands, which are the modules of this folder; the word `render` may be omitted."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(
            file.stem.rstrip("_").replace("_", "-")  # import_.py: `import` is a Python keyword
            for file in Path(__file__).parent.glob("*.py")
            if file.stem not in ("__init__", "main") and not file.stem.startswith("_")
        )

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Return the command `name`; import its module."""
        module = name.replace("-", "_") + "_" * iskeyword(name)
        if (not name.isidentifier() and "-" not in name) or name in ("main", "_"):
            return None
        if not (Path(__file__).parent / f"{module}.py").is_file():
            return None
        command: click.Command = import_module(f"kaito_pack.cli.{module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Resolve a first word that is a file, or looks like one, to `render`.

        Any other word is a misspelt command.
        """
        command = self.get_command(ctx, args[0])
        if command is not None and self._is_folder(ctx, command, args):
            return "render", self.get_command(ctx, "render"), args
        if command is None:
            if not ctx.resilient_parsing:
                self._refuse_no_file(ctx, args[0])
            return "render", self.get_command(ctx, "render"), args
        return args[0], command, args[1:]

    def _is_folder(self, ctx: click.Context, command: click.Command, args: list[str]) -> bool:
        """Return whether the name of a list command, such as `models`, means a folder to render.

        It does if the folder exists and the next option belongs only to `render`: `models --out clusters`.
        """
        option = args[1].partition("=")[0] if len(args) > 1 else ""
        if not option.startswith("-") or not os.path.isdir(args[0]) or not isinstance(command, click.Group):
            return False
        listing, render = command.get_command(ctx, "list"), self.get_command(ctx, "render")
        if listing is None or render is None:
            return False
        own, wanted = ({name for each in part.params for name in each.opts} for part in (listing, render))
        return option in wanted - own

    def _refuse_no_file(self, ctx: click.Context, word: str) -> None:
        """Raise a usage error for a word that is not a file and resembles the name of a command."""
        if word == "-" or "." in word or os.sep in word or os.path.lexists(word):
            return
        from kaito_pack.base.display import did_you_mean, shown

        if near := did_you_mean(word, self.list_commands(ctx)):
            message = f"{shown(word)} is neither a command nor a file. Did you mean {shown(near)}?"
            raise click.UsageError(message, ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add `render` to arguments that begin with one of its options, then parse them."""
        if args and args[0].startswith("-") and args[0] not in ("--help", "-h", "--version"):
            args = ["render", *args]
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem[str]]:
        """Return the commands that begin with the typed text, else files, because `render` may be omitted."""
        from click.shell_completion import CompletionItem

        return super().shell_complete(ctx, incomplete) or [CompletionItem(incomplete, type="file")]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help with the name under which the program was called."""
        self.help = HELP.format(program=ctx.command_path)
        super().format_help_text(ctx, formatter)


def _print_version(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if is_asked and not context.resilient_parsing:
        click.echo(f"kaito-pack, version {__version__}")
        context.exit()


@click.group(
    cls=Commands,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(  # click's own option looks for translations, which takes 1 ms
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_print_version,
    help="Show the version and exit.",
)
def commands() -> None:
    """Replaced by HELP."""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line and exit; user errors never print a traceback."""
    collect_rarely()
    if None in (sys.stdin, sys.stdout, sys.stderr):
        _streams().complete()
    if isinstance(sys.stdout, TextIOWrapper):
        # YAML and JSON are UTF-8 in any locale; file names may have any encoding.
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code: Any = commands.main(
            arguments, prog_name=program(), complete_var=completion_variable(), standalone_mode=False
        )
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:
        code = 130  # Ctrl-C: 128 + SIGINT
    except ProblemsError as error:
        from kaito_pack.cli.shared.output import put_problems

        put_problems(error.problems)
        code = 1
    except UsageError as error:
        click.echo(f"Error: {error}", err=True)
        code = 2
    except PackError as error:
        click.echo(f"Error: {error}. This is a bug in the pack, not in your values", err=True)
        code = 1
    except OSError as error:
        code = _streams().failed(error)
    if not derived.is_first_start():
        code_cache.save()  # takes 50 ms, on every run if the machine does not keep the cache
    derived.save()
    gc.freeze()  # otherwise Python collects garbage twice at exit, which takes 5 ms
    sys.exit(code if isinstance(code, int) else 0)


def collect_rarely() -> None:
    """Collect garbage every 50,000 new objects instead of 700: reference cycles are rare in the pack."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def _streams() -> ModuleType:
    return import_module("kaito_pack.cli._streams")  # needed only if a stream is closed, full or broken
