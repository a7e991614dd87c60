"""`kaito-pack completion`: prints the script for shell completion of commands, options and values."""

from __future__ import annotations

import os
import sys

import click

from kaito_pack.cli._program import MODULE, completion_variable
from kaito_pack.cli.shared.help import Command

SHELLS = ("bash", "zsh", "fish")


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(SHELLS))
def command(shell: str) -> None:
    """Print the completion script for a shell

    \b
    bash   source <(kaito-pack completion bash)          in ~/.bashrc
    zsh    source <(kaito-pack completion zsh)           in ~/.zshrc, after compinit
    fish   kaito-pack completion fish | source           in ~/.config/fish/config.fish

    The script completes the name by which this command is called: commands, options, files, versions,
    contexts, labels, values, rules, presets, models and instance types. bash must be 4.4 or newer.
    """
    from kaito_pack.cli._shells import script

    name = os.path.basename(sys.argv[0])
    name = "kaito-pack" if name in ("", MODULE) else name
    click.echo(script(shell, name, completion_variable()), nl=False)
