"""The only Jinja environment: sandboxed, strict, and every `{{ }}` is one YAML value.

Any value is rendered as a scalar that reads back as exactly that value. So text in values can never become a
key, a container or a document.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import (
    BaseLoader,
    FileSystemLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    Undefined,
)
from jinja2.exceptions import SecurityError
from jinja2.filters import do_indent
from jinja2.loaders import split_template_path
from jinja2.runtime import LoopContext
from jinja2.sandbox import SandboxedEnvironment

from kaito_pack.base import pack_files
from kaito_pack.base.display import escaped, shown
from kaito_pack.base.problems import PackError
from kaito_pack.base.trees import Context
from kaito_pack.documents.scalars import yaml_scalar
from kaito_pack.rendering.template_cache import CompiledLoader

LONGEST_RANGE = 1_000
MOST_REPEATED = 500  # characters of a template's error that are repeated
LONGEST_TEXT = 1_000_000  # characters per manifest

_INDEXED = (dict, list, str, Mapping)  # most likely types first
# Filters that templates may use: none is random, costly, or accesses an attribute.
_FILTERS = (
    "capitalize first float indent int items join last length list lower replace round sort string trim"
    " unique upper urlencode"
).split()
_TESTS = (
    "boolean defined eq even false ge gt in integer le lt mapping ne none number odd sequence string true"
).split()


class Confined(BaseLoader):
    """A loader that reads only regular files inside the packs."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders

    def get_source(self, environment: Any, template: str) -> tuple[str, str, None]:
        """Return the text of a template and its file. Raises TemplateNotFound or PackError."""
        name = "/".join(split_template_path(template))
        for folder in self._folders:
            if (folder / name).exists():
                return pack_files.read_text(folder, name), str(folder / name), None
        raise TemplateNotFound(template)


class Environment(SandboxedEnvironment):
    """A Jinja2 environment that exposes only mappings, lists and scalars."""

    intercepted_binops = frozenset(("*", "**", "%"))

    def __init__(self, folders: Sequence[Path], is_cached: bool = False, is_confined: bool = False) -> None:
        loader = Confined if is_confined else CompiledLoader if is_cached else FileSystemLoader
        self.folders, self.compiled_by = folders, __file__
        self._loaded: dict[str | Template, Template] = {}
        super().__init__(
            loader=loader(folders),
            undefined=StrictUndefined,
            finalize=one_value,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
            auto_reload=False,
            autoescape=False,
        )
        self.filters = {name: self.filters[name] for name in _FILTERS} | {"indent": _indented}
        self.tests = {name: self.tests[name] for name in _TESTS}
        self.globals = {"range": _range}

    def get_template(
        self, name: str | Template, parent: str | None = None, globals: MutableMapping[str, Any] | None = None
    ) -> Template:
        """Return a template. It never changes, so a loaded one is returned without asking the loader."""
        template = self._loaded.get(name)
        if template is None:
            template = self._loaded[name] = super().get_template(name, parent, globals)
        return template

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Return the item `b` of a mapping for `a.b`; only a loop's own object has attributes."""
        if isinstance(obj, LoopContext):
            return super().getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Return the item of a mapping, a list or a text; never an attribute."""
        if isinstance(obj, _INDEXED):
            try:
                return obj[argument]
            except (KeyError, IndexError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        """Return the result of arithmetic on numbers only: `"a" * 10**9` would exhaust the memory."""
        if isinstance(left, int | float) and isinstance(right, int | float) and operator != "**":
            return super().call_binop(context, operator, left, right)
        raise SecurityError(f"{operator} works on numbers only")

    def is_safe_callable(self, obj: Any) -> bool:
        """Return whether `obj` is `range`, the only function that templates may call."""
        return obj is _range


def _range(*arguments: int) -> range:
    numbers = range(*arguments)
    if len(numbers) > LONGEST_RANGE:
        raise SecurityError(f"range is limited to {LONGEST_RANGE} numbers")
    return numbers


def _indented(text: str, width: int = 4, first: bool = False, blank: bool = False) -> str:
    """Indent `text` as Jinja's filter `indent` does, except for empty text: a partial may emit no line."""
    return do_indent(text, width, first, blank) if text else ""


def one_value(value: Any) -> Any:
    """Return the output of a `{{ }}`: the one-line YAML text that every reader reads back as `value`."""
    if isinstance(value, Undefined):
        return value  # raises when it is printed, with its name
    return yaml_scalar(value)


def render(environment: Environment, template: str, context: Context) -> str:
    """Return the text of one manifest, `""` if the template emits none.

    Raises PackError for any error of the template, with its name and line.
    """
    try:
        text: str = environment.get_template(template).render(context)
    except MemoryError:
        raise
    except Exception as error:  # a template is compiled to Python and can raise any exception
        raise PackError(f"{_where(error, template)}: {_reason(error)}") from None
    if len(text) > LONGEST_TEXT:
        raise PackError(f"templates/{template}: more than {LONGEST_TEXT} characters of output")
    return text.strip("\n") + "\n" if text.strip() else ""


def names_of(environment: Environment, template: str) -> tuple[list[str], list[str]]:
    """Return the values that a template reads and the templates that it includes, each sorted.

    Raises PackError as `render` does.
    """
    from jinja2.meta import find_referenced_templates, find_undeclared_variables

    assert environment.loader is not None
    try:
        tree = environment.parse(environment.loader.get_source(environment, template)[0])
        included = {name for name in find_referenced_templates(tree) if name}
        for name in sorted(included):
            environment.loader.get_source(environment, name)
        return sorted(find_undeclared_variables(tree)), sorted(included)
    except MemoryError:
        raise
    except Exception as error:
        raise PackError(f"{_where(error, template)}: {_reason(error)}") from None


def _reason(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"{shown(error.name)} is not a template of the pack"
    if isinstance(error, RecursionError):
        return "is nested too deeply, or includes itself"
    message = error.message if isinstance(error, TemplateError) else None
    text = message or str(error)[:MOST_REPEATED] or type(error).__name__
    return escaped(text[:MOST_REPEATED]).removesuffix(".")


def _where(error: BaseException, template: str) -> str:
    """Return the innermost template and line that `error` comes from."""
    name, line = template, getattr(error, "lineno", None)
    if isinstance(error, TemplateSyntaxError) and error.name != "<introspection>":
        name = error.name or template
    step = error.__traceback__
    while step is not None:
        file = step.tb_frame.f_code.co_filename
        if file.endswith(".j2"):
            name, line = "/".join(Path(file).parts[-2:]), step.tb_lineno
        step = step.tb_next
    return f"templates/{name}:{line}" if line else f"templates/{name}"
