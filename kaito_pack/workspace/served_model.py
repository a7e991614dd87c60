"""Which engine a container runs and which model it serves, read from its command line and image."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kaito_pack.facts.tables import table
from kaito_pack.workspace.command_line import (
    Command,
    has_option,
    last_option,
    options,
    program,
    read_commands,
)
from kaito_pack.workspace.engines import engines
from kaito_pack.workspace.model_reference import looks_like_reference, read_reference

# Engines whose command lines need more than a row of the table.
READ_BY_CODE = frozenset(("vllm", "llamacpp"))


class ServedModel(NamedTuple):
    """What one container serves; None for what it does not say.

    `engine` is one of the table of engines, `port` the one that it listens on, `gguf_file` the file inside
    the repository `model_id`, `served_name` the model's name in the OpenAI API.
    """

    engine: str | None = None
    model_id: str | None = None
    gguf_file: str | None = None
    served_name: str | None = None
    port: int | None = None

    @property
    def rank(self) -> int:
        """How sure it is that this container, and not one beside it, runs the model."""
        return 2 * bool(self.engine) + bool(self.model_id)


def served_model(container: Mapping[str, object]) -> ServedModel:
    """What `container` serves, by its command line, then by its image. Never raises."""
    image = container.get("image")
    image = image if isinstance(image, str) else ""
    unknown = ServedModel(port=_container_port(container))
    commands = read_commands(container)
    found = [
        *(_vllm(command) for command in commands),
        *(_llamacpp(command, image) for command in commands),
    ]
    entry_point = not container.get("command")
    if entry_point and _image_has(image, "llamacpp"):
        found.append(_llamacpp_arguments(commands[0] if commands else (), image))
    elif entry_point and _image_has(image, "vllm"):
        found.append(_vllm_arguments(commands[0] if commands else (), positional=True))
    for engine in engines():
        if engine not in READ_BY_CODE:
            found += [_by_table(engine, one, image if entry_point else "") for one in commands or [()]]
    found += [_by_options(command, container) for command in commands]
    return max((model for model in found if model), key=lambda model: model.rank, default=unknown)


class VllmServer(NamedTuple):
    """The command that starts a vLLM server: its arguments begin at index `start` of `words`.

    `program` is the module, script or program by which it starts, or the name of the image whose entry
    point it is.
    """

    words: Command
    start: int
    program: str
    takes_model: bool = False

    @property
    def arguments(self) -> Command:
        """The words behind the program."""
        return self.words[self.start :]


def vllm_servers(container: Mapping[str, object]) -> list[VllmServer]:
    """The commands of a container that start vLLM, by the program or by the image's entry point."""
    commands = read_commands(container)
    servers = [server for command in commands if (server := _vllm_server(command))]
    image = container.get("image")
    name = _image_parts(image)[-1] if isinstance(image, str) else ""
    if not servers and not container.get("command") and name in engines()["vllm"].get("entryPoints", ()):
        servers.append(VllmServer(commands[0] if commands else (), 0, name, takes_model=True))
    return servers


def _vllm_server(command: Command) -> VllmServer | None:
    known = engines()["vllm"]
    for position, word in enumerate(command):
        following = command[position + 1] if position + 1 < len(command) else ""
        if program(word) in known["programs"] and following == known["programs"][program(word)]:
            return VllmServer(command, position + 2, program(word), takes_model=True)
        if word.startswith(tuple(known["modules"])) and position and command[position - 1] == "-m":
            return VllmServer(command, position + 1, word)
        script = next((script for script in known["scripts"] if word.endswith(script)), None)
        if script:
            return VllmServer(command, position + 1, script)
    return None


def _vllm(command: Command) -> ServedModel | None:
    server = _vllm_server(command)
    if server is None:
        return None
    port = engines()["vllm"]["scriptPorts"].get(server.program)
    return _vllm_arguments(server.arguments, positional=server.takes_model, port=port)


def _vllm_arguments(
    arguments: Command, positional: bool = False, port: int | None = None, model_options: Sequence[str] = ()
) -> ServedModel:
    known = engines()["vllm"]
    model = last_option(arguments, *(model_options or known["modelOptions"]))
    if positional:
        # vLLM v0.12.0, entrypoints/cli/serve.py: a positional model wins over --model.
        model = next(_positional(arguments, known["flags"], tuple(known["flagPrefixes"])), model)
    served = last_option(arguments, "--served-model-name")
    return ServedModel("vllm", model, None, served or model, _port(arguments) or port or known["port"])


def _positional(
    arguments: Sequence[str], flags: Sequence[str] = (), flag_prefixes: tuple[str, ...] = ("\0",)
) -> Iterator[str]:
    """The words that are neither an option nor the value of one."""
    previous = ""
    for word in arguments:
        is_flag = previous in flags or previous.startswith(flag_prefixes)
        takes_value = previous.startswith("-") and "=" not in previous and not is_flag
        if not word.startswith("-") and not takes_value:
            yield word
            # Only the first can be the model: what follows may be further values of one option.
            return
        previous = word.replace("_", "-") if word.startswith("-") and "=" not in word else ""


def _llamacpp(command: Command, image: str) -> ServedModel | None:
    known = engines()["llamacpp"]
    for position, word in enumerate(command):
        is_module = position > 0 and command[position - 1] == "-m" and word in known["modules"]
        if program(word) in known["programs"] or is_module:
            return _llamacpp_arguments(command[position + 1 :], image)
    is_local_ai = command[0] == "run" and has_option(command, "--address")
    if is_local_ai or (looks_like_reference(command[0]) and has_option(command, "--address")):
        return _llamacpp_arguments(command, image)
    return None


def _llamacpp_arguments(arguments: Command, image: str) -> ServedModel:
    known = engines()["llamacpp"]
    port = _port(arguments) or known["port"]
    served = last_option(arguments, "--alias", "-a")
    repository = last_option(arguments, *known["repositoryOptions"])
    if repository:
        file = last_option(arguments, *known["fileOptions"])
        return ServedModel("llamacpp", repository.partition(":")[0], file, served, port)
    reference = _reference(arguments) or last_option(arguments, *known["modelOptions"])
    if reference:
        model, file = read_reference(reference)
        return ServedModel("llamacpp", model, file, served, port)
    is_runner = bool(set(known["runnerParts"]) & set(_image_parts(image)))
    return ServedModel("llamacpp", None if is_runner else image or None, None, served, port)


def _reference(arguments: Command) -> str | None:
    """The model among LocalAI's arguments: the first one, else any that names a model file or repository."""
    free = [
        word
        for position, word in enumerate(arguments)
        if position == 0 or not arguments[position - 1].startswith("-") or "=" in arguments[position - 1]
    ]
    loose = [word for word in arguments if read_reference(word)[1]]
    return next((word for word in [*free, *loose] if looks_like_reference(word)), None)


def _by_table(engine: str, command: Command, image: str) -> ServedModel | None:
    """What an engine serves that has a row in the table and no reader of its own here.

    `image` is empty where the command is not the one of the image.
    """
    known = engines()[engine]
    programs = known.get("programs", {})
    arguments = command if _image_has(image, engine) else None
    for position, word in enumerate(command):
        following = command[position + 1] if position + 1 < len(command) else ""
        subcommand = programs.get(program(word))
        is_module = position > 0 and command[position - 1] == "-m" and word in known.get("modules", ())
        if is_module or (subcommand is not None and subcommand in ("", following)):
            arguments = command[position + 1 :]
            break
    if arguments is None:
        return None
    model = last_option(arguments, *known.get("modelOptions", ()))
    return ServedModel(engine, model, None, model, _port(arguments) or known.get("port"))


def _by_options(command: Command, container: Mapping[str, object]) -> ServedModel | None:
    """By options that only one engine has, where neither program nor image is known."""
    if {"vllm", "bench"} <= {program(word) for word in command}:
        return None  # a client that measures a server
    if has_option(command, *engines()["vllm"]["ownOptions"]):
        known = _vllm_arguments(command)
        return known if known.model_id and not _names_other_program(command) else None
    model = last_option(command, *table("kaito/servers.json")["modelOptions"])
    return (
        ServedModel(None, model, None, None, _port(command) or _container_port(container)) if model else None
    )


def _names_other_program(command: Command) -> bool:
    """Whether a `python -m something` or a script of another project is started."""
    return any(previous == "-m" for previous in command) or any(word.endswith(".py") for word in command)


def _port(arguments: Sequence[str]) -> int | None:
    """The port by `--port 8000` or `--address=:5000`."""
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


def _image_has(image: str, engine: str) -> bool:
    path = f"/{'/'.join(_image_parts(image))}/"
    return any(f"/{name}{end}" in path for name in engines()[engine].get("imageParts", ()) for end in "/-")


def _image_parts(image: str) -> list[str]:
    """The parts of an image's repository, without registry host, tag and digest."""
    parts = image.partition("@")[0].split("/")
    if len(parts) > 1 and ("." in parts[0] or ":" in parts[0] or parts[0] == "localhost"):
        parts = parts[1:]
    return [*parts[:-1], parts[-1].partition(":")[0]]
