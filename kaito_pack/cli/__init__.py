"""The command line: one module a command, options in, exit code out."""

from kaito_pack.cli.main import main

__all__ = ["main"]
