"""Determines the engine and the model of a container from its command line and image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from kaito_pack.base.records import NamedTuple
from kaito_pack.facts.tables import recent_per_pack, table
from kaito_pack.workspace.command_line import RECENT, Command, has_option, last_option, options, read_commands
from kaito_pack.workspace.engines import engine, engines
from kaito_pack.workspace.model_reference import looks_like_reference, read_reference
from kaito_pack.workspace.servers import (
    ServerCommand,
    image_engine,
    image_parts,
    started_server,
    starts_client,
)


class ServedModel(NamedTuple):
    """The model that one container serves; None for unknown facts.

    `engine` is the name of an engine's file, `port` the port it listens on, `gguf_file` the file inside the
    repository `model_id`, `served_name` the model's name in the OpenAI API.
    """

    engine: str | None = None
    model_id: str | None = None
    gguf_file: str | None = None
    served_name: str | None = None
    port: int | None = None

    @property
    def rank(self) -> int:
        """The certainty that this container, and not another in the pod, runs the model."""
        return 2 * bool(self.engine) + bool(self.model_id)


def served_model(container: Mapping[str, object]) -> ServedModel:
    """Return the model of `container` by its command line, else by its image. Never raises."""
    image = container.get("image")
    return _served(
        tuple(read_commands(container)),
        image if isinstance(image, str) else "",
        not container.get("command"),
        _container_port(container),
    )


@recent_per_pack(RECENT)
def _served(
    commands: tuple[Command, ...], image: str, is_entry_point: bool, container_port: int | None
) -> ServedModel:
    models = [
        *_by_program(commands, image),
        *_by_image(commands, image, is_entry_point),
        *(model for command in commands if (model := _by_options(command, container_port))),
    ]
    return max(models, key=lambda model: model.rank, default=ServedModel(port=container_port))


def _by_program(commands: Sequence[Command], image: str) -> list[ServedModel]:
    """Return the models that the programs of the commands serve, in the order of commands and words."""
    started = [
        (index, server.start, _read(server, image))
        for index, command in enumerate(commands)
        for name, row in engines().items()
        if (server := started_server(name, row, command))
    ]
    return [model for _, _, model in sorted(started, key=lambda each: each[:2])]


def _by_image(commands: Sequence[Command], image: str, is_entry_point: bool) -> list[ServedModel]:
    """Return the model that the entry point of an engine's image serves."""
    name = image_engine(image) if is_entry_point else None
    if name is None:
        return []
    takes_model = bool(engine(name).get("positionalModel"))
    return [_read(ServerCommand(name, commands[0] if commands else (), 0, "", takes_model), image)]


def _read(server: ServerCommand, image: str) -> ServedModel:
    """Return the model of a server by its arguments, else by the image that contains the model."""
    name, row, arguments = server.engine, engine(server.engine), server.arguments
    port = _port(arguments) or row.get("scriptPorts", {}).get(server.program) or row.get("port")
    served = last_option(arguments, *row.get("servedNameOptions", ()))
    if repository := last_option(arguments, *row.get("repositoryOptions", ())):
        file = last_option(arguments, *row.get("fileOptions", ()))
        return ServedModel(name, repository.partition(":")[0], file, served, port)
    model = last_option(arguments, *row.get("modelOptions", ()))
    if row.get("readsReferences"):
        if reference := _reference(arguments) or model:
            model, file = read_reference(reference)
            return ServedModel(name, model, file, served, port)
        is_runner = bool(set(row.get("runnerParts", ())) & set(image_parts(image)))
        return ServedModel(name, None if is_runner else image or None, None, served, port)
    if server.takes_model:
        # vLLM v0.12.0, entrypoints/cli/serve.py: a positional model takes precedence over --model.
        model = next(_positional(arguments, row.get("flags", ()), tuple(row.get("flagPrefixes", ()))), model)
    return ServedModel(name, model, None, served or model, port)


def _positional(arguments: Command, flags: Sequence[str], flag_prefixes: tuple[str, ...]) -> Iterator[str]:
    """Yield the words that are neither an option nor an option's value."""
    previous = ""
    for word in arguments:
        is_flag = previous in flags or previous.startswith(flag_prefixes)
        takes_value = previous.startswith("-") and "=" not in previous and not is_flag
        if not word.startswith("-") and not takes_value:
            yield word
            # Only the first can be the model: the following words may be further values of an option.
            return
        previous = word.replace("_", "-") if word.startswith("-") and "=" not in word else ""


def _reference(arguments: Command) -> str | None:
    """Return the model in LocalAI's arguments: the first, else any that names a model file or repository."""
    free = [
        word
        for position, word in enumerate(arguments)
        if position == 0 or not arguments[position - 1].startswith("-") or "=" in arguments[position - 1]
    ]
    loose = [word for word in arguments if read_reference(word)[1]]
    return next((word for word in [*free, *loose] if looks_like_reference(word)), None)


def _by_options(command: Command, container_port: int | None) -> ServedModel | None:
    """Return the values of options that only one engine has, for an unknown program and image."""
    if starts_client(command):
        return None
    for name, row in engines().items():
        if has_option(command, *row.get("ownOptions", ())):
            known = _read(ServerCommand(name, command, 0, ""), "")
            return known if known.model_id and not _names_other_program(command) else None
    model = last_option(command, *table("kaito/servers.json")["modelOptions"])
    port = _port(command) or container_port
    return ServedModel(None, model, None, None, port) if model else None


def _names_other_program(command: Command) -> bool:
    """Return whether the command is `python -m something` or a script of another project."""
    return any(previous == "-m" for previous in command) or any(word.endswith(".py") for word in command)


def _port(arguments: Sequence[str]) -> int | None:
    """Return the port given by `--port 8000` or `--address=:5000`."""
    for name, value in reversed(list(options(arguments))):
        number = (value or "").rpartition(":")[2]
        if name in {"--port", "--address"} and number.isascii() and number.isdecimal() and len(number) < 6:
            return int(number)
    return None


def _container_port(container: Mapping[str, object]) -> int | None:
    ports = container.get("ports")
    for port in ports if isinstance(ports, list) else []:
        number = port.get("containerPort") if isinstance(port, Mapping) else None
        if isinstance(number, int) and not isinstance(number, bool):
            return number
    return None
