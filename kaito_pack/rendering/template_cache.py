"""Compiled templates, kept on disk: compiling those of one mode takes 6 ms, reading them back 0.6.

A compiled template is code, so a file is taken only if no one but the user can have written it
(`cache_files`); if there is none, templates are compiled again.
"""

from __future__ import annotations

import os
import sys
from io import BytesIO

import jinja2
from jinja2.bccache import Bucket, BytecodeCache

from kaito_pack.base import cache_files
from kaito_pack.documents import readings, scalars

# A constant in a template is written at compile time, so these modules are part of what is compiled.
COMPILED_IN = (scalars.__file__, readings.__file__)


class TemplateCache(BytecodeCache):
    """One file a template, named by all that decides what is compiled but its text, which Jinja compares."""

    def __init__(self, environment_file: str) -> None:
        parts = [jinja2.__version__, sys.version]
        for file in (environment_file, *COMPILED_IN):
            status = os.stat(file)
            parts.append(f"{file} {status.st_mtime_ns} {status.st_size}")
        self._made_by = "\n".join(parts)

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Return the template's name and file, and what compiles it."""
        key: str = super().get_cache_key(f"{self._made_by}\n{name}", filename)
        return key

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket from its file; leave it empty if there is none to be trusted."""
        content = cache_files.read(_file(bucket))
        if content is not None:
            try:
                bucket.load_bytecode(BytesIO(content))
            except Exception:  # whatever a file that is cut short makes pickle and marshal raise
                bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Write the bucket's file."""
        content = BytesIO()
        bucket.write_bytecode(content)
        cache_files.write(_file(bucket), content.getvalue())


def _file(bucket: Bucket) -> str:
    return f"template-{bucket.key}.bin"
