"""Compiled templates on disk: compiling those of one mode takes 6 ms, reading them 0.3 ms.

A compiled template is code, so it is read only from a file that no one but the user can write
(`cache_files`). Without such a file, templates are compiled again.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

import jinja2
from jinja2 import FileSystemLoader, Template

from kaito_pack.base.derived import depends_on, derived
from kaito_pack.documents import readings, scalars

# Constants in a template are written at compile time, so these modules are part of the result.
COMPILED_IN = (scalars.__file__, readings.__file__)


class CompiledLoader(FileSystemLoader):
    """A loader of templates whose code is cached until the template or a module that compiles it changes."""

    def load(self, environment: Any, name: str, globals: MutableMapping[str, Any] | None = None) -> Template:
        """Return a template. Raises Jinja's errors for a missing or invalid one."""
        code = derived(f"template {self.key(name)}", lambda: self._compiled(environment, name))
        template: Template = environment.template_class.from_code(environment, code, globals or {})
        return template

    def key(self, name: str) -> str:
        """Return what the code of a template depends on besides files: its location and the Jinja version."""
        return f"{':'.join(self.searchpath)} {name} {jinja2.__version__}"

    def _compiled(self, environment: Any, name: str) -> Any:
        source, file, _ = self.get_source(environment, name)
        for each in (file, environment.compiled_by, *COMPILED_IN):
            depends_on(each)
        return environment.compile(source, name, file)
