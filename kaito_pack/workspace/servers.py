"""Finds the commands of a container that start an engine's server, by the file of the engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kaito_pack.base.records import NamedTuple
from kaito_pack.base.trees import Fields
from kaito_pack.facts.tables import recent_per_pack
from kaito_pack.workspace.command_line import RECENT, Command, has_option, program, read_commands
from kaito_pack.workspace.engines import checks_models, engines
from kaito_pack.workspace.model_reference import looks_like_reference


class ServerCommand(NamedTuple):
    """A command that starts a server of `engine`: its arguments begin at index `start` of `words`.

    `program` is the module, script or program that starts it, or the name of the image whose entry point it
    is. `takes_model` is whether the model may be an argument without an option.
    """

    engine: str
    words: Command
    start: int
    program: str
    takes_model: bool = False

    @property
    def arguments(self) -> Command:
        """The words after the program."""
        return self.words[self.start :]


def checked_servers(container: Mapping[str, object]) -> list[ServerCommand]:
    """Return a container's servers whose engine checks models, by the program or by the image."""
    image = container.get("image")
    name = image_parts(image)[-1] if isinstance(image, str) else ""
    return list(_checked(tuple(read_commands(container)), name, bool(container.get("command"))))


@recent_per_pack(RECENT)
def _checked(commands: tuple[Command, ...], name: str, has_command: bool) -> Sequence[ServerCommand]:
    """Return the servers that `commands` start, else the server of the image called `name`."""
    rows = {name: row for name, row in engines().items() if checks_models(name)}
    servers = [
        server
        for name, row in rows.items()
        for command in commands
        if (server := started_server(name, row, command))
    ]
    if servers or has_command:
        return servers
    words = commands[0] if commands else ()
    return [
        ServerCommand(engine, words, 0, name, takes_model=True)
        for engine, row in rows.items()
        if name in row.get("entryPoints", ())
    ]


def started_server(engine: str, row: Fields, command: Command) -> ServerCommand | None:
    """Return the server of an engine, described by `row`, that a command starts; None if it starts none."""
    programs, takes_model = row.get("programs", {}), bool(row.get("positionalModel"))
    for position, word in enumerate(command):
        following = command[position + 1] if position + 1 < len(command) else ""
        subcommand = programs.get(program(word))
        if subcommand is not None and subcommand in ("", following):
            start = position + 1 + bool(subcommand)
            return ServerCommand(engine, command, start, program(word), takes_model)
        if position and command[position - 1] == "-m" and _is_module(word, row):
            return ServerCommand(engine, command, position + 1, word)
        script = next((script for script in row.get("scripts", ()) if word.endswith(script)), None)
        if script:
            return ServerCommand(engine, command, position + 1, script)
    if command and _is_bare(command, row):
        return ServerCommand(engine, command, 0, command[0])
    return None


def _is_module(word: str, row: Fields) -> bool:
    modules = row.get("modules", ())
    return any(word.startswith(module) if module.endswith(".") else word == module for module in modules)


def _is_bare(command: Command, row: Fields) -> bool:
    """Return whether a command has only arguments of the engine's server, as for an entry point."""
    bare = row.get("bareCommand")
    if not bare or not has_option(command, bare["option"]):
        return False
    return command[0] == bare["word"] or (
        bool(row.get("readsReferences")) and looks_like_reference(command[0])
    )


def starts_client(command: Command) -> bool:
    """Return whether a command starts a client of a server, such as a benchmark."""
    names = {program(word) for word in command}
    return any(
        not names.isdisjoint(row.get("programs", {})) and not names.isdisjoint(row.get("clientCommands", ()))
        for row in engines().values()
    )


def image_engine(image: str) -> str | None:
    """Return the engine that `image` belongs to: its project takes precedence over its platform."""
    path = f"/{'/'.join(image_parts(image))}/"
    places = {engine: _place(path, row.get("imageParts", ())) for engine, row in engines().items()}
    known = {engine: place for engine, place in places.items() if place is not None}
    return min(known, key=lambda engine: known[engine], default=None)


def _place(path: str, parts: Iterable[str]) -> int | None:
    places = [path.find(f"/{part}{end}") for part in parts for end in "/-"]
    return min((place for place in places if place >= 0), default=None)


def image_parts(image: str) -> list[str]:
    """Return the parts of an image's repository, without registry host, tag and digest."""
    parts = image.partition("@")[0].split("/")
    if len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost"):
        parts = parts[1:]
    return [*parts[:-1], parts[-1].partition(":")[0]]
