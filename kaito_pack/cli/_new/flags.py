"""The options of `new` that answer questions, derived from the schemas of the packs in use."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
from click.shell_completion import CompletionItem

from kaito_pack.base.problems import PackError
from kaito_pack.cli.shared.help import write_options
from kaito_pack.cli.shared.options import opened, packs_of
from kaito_pack.form.flags import Flag, flags
from kaito_pack.form.hints import hints
from kaito_pack.form.model_choice import model_schema
from kaito_pack.form.questions import suggested
from kaito_pack.kaito.target import Target
from kaito_pack.kubernetes.decoding import definitions
from kaito_pack.pack import Pack
from kaito_pack.run import judging as checks
from kaito_pack.values.fields import Field

SHORT = 24  # characters; choices shorter than this replace TEXT in `--help`
META = "kaito_pack.flags"


class AnswerOption(click.Option):
    """The option that answers one question. Its text is parsed and checked when the mode is known."""

    def __init__(self, flag: Flag, index: int) -> None:
        self.flag = flag
        asked = flag.question
        is_switch = asked.kind == "switch"
        names = f"{flag.option}/--no-{flag.option.removeprefix('--')}" if is_switch else flag.option
        choices = "|".join(str(choice.value) for choice in asked.choices)
        metavars = {"integer": "NUMBER", "list": "A,B", "map": "KEY=VALUE,…", "maps": "YAML"}
        super().__init__(
            [names, f"answer_{index}"],
            type=bool if is_switch else Text(flag),
            default=None,
            multiple=asked.kind in ("list", "map"),
            metavar=None
            if is_switch
            else f"[{choices}]"
            if 0 < len(choices) <= SHORT
            else metavars.get(asked.kind, "TEXT"),
            help=_help(flag.field),
        )

    def text(self, context: click.Context) -> str | None:
        """Return the given text; None if the option is absent."""
        value: Any = context.params[str(self.name)]
        if isinstance(value, bool):
            return str(value).lower()
        return "\n".join(value) or None if isinstance(value, tuple) else value


def _help(field: Field) -> str:
    descriptions = field.descriptions()
    modes = [] if field.of_all or len(descriptions) > 1 else [f"({field.modes})"]
    return " ".join([*modes, *descriptions])


class Text(click.ParamType[str]):
    """Any text, completed from the schema and the catalogue."""

    name = "text"

    def __init__(self, flag: Flag) -> None:
        self._flag = flag

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the choices and suggestions."""
        asked = self._flag.question
        words = [(str(choice.value), choice.detail) for choice in asked.choices]
        words += [(suggestion, "") for suggestion in self._suggested()]
        return [
            CompletionItem(word, help=detail)
            for word, detail in dict(words).items()
            if word.startswith(incomplete)
        ]

    def _suggested(self) -> Iterator[str]:
        target = Target(Pack().kaito_version(), definitions.newest())
        for part in self._flag.field.parts.values():
            yield from suggested(hints(part, self._flag.field.name), target, checks.catalogue(()))


def about_the_model() -> list[click.Option]:
    """Return the options for the mode and for facts of the model, in the catalogue's words."""
    engines, gated = model_schema()["engines"], model_schema()["gated"]
    choices = click.Choice(engines["items"]["enum"])
    return [
        click.Option(
            ["--mode"],
            type=ModeName(),
            metavar="NAME",
            help="Set the mode, if the other answers match several modes.",
        ),
        click.Option(["--engine"], multiple=True, type=choices, help=engines["description"]),
        click.Option(["--gated/--not-gated"], default=None, help=gated["description"]),
    ]


class ModeName(click.ParamType[str]):
    """The name of a mode, with completion; the rules check whether the mode exists."""

    name = "mode"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the modes of the packs."""
        pack = opened(ctx.params.get("pack") or ())
        return [CompletionItem(name) for name in pack.mode_names if name.startswith(incomplete)]


class FormCommand(click.Command):
    """A command with an additional option for each value in the packs on its command line."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Open the packs among the arguments, which define the options, then parse the arguments."""
        answers = self._answers(ctx, args)
        ctx.meta[META] = (*about_the_model(), *answers)
        return super().parse_args(ctx, args)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own options and those of the values."""
        return [*super().get_params(ctx), *ctx.meta.get(META, ())]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options of values in a separate section."""
        records = [record for option in ctx.meta[META] if (record := option.get_help_record(ctx)) is not None]
        with formatter.section("Values"):
            formatter.write_dl(records)
        write_options(super().get_params(ctx), ctx, formatter)

    def _answers(self, ctx: click.Context, args: Sequence[str]) -> list[AnswerOption]:
        own = {name for option in super().get_params(ctx) for name in (*option.opts, *option.secondary_opts)}
        try:
            return [
                AnswerOption(flag, index) for index, flag in enumerate(flags(opened(packs_of(args)), own))
            ]
        except PackError:
            if ctx.resilient_parsing:  # no message during completion
                return []
            raise


def given(context: click.Context) -> list[tuple[Flag, str]]:
    """Return the options that were given, with their texts."""
    answers = [answer for answer in context.meta[META] if isinstance(answer, AnswerOption)]
    return [(answer.flag, text) for answer in answers if (text := answer.text(context)) is not None]


def flags_of(context: click.Context) -> list[Flag]:
    """Return all options that answer questions."""
    return [answer.flag for answer in context.meta[META] if isinstance(answer, AnswerOption)]
