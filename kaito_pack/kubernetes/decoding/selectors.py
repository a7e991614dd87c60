"""The API server's checks of label selectors and of terms that select nodes.

Source: Kubernetes 1.35, k8s.io/apimachinery, pkg/apis/meta/v1/validation, and pkg/apis/core/validation.
"""

from __future__ import annotations

from collections.abc import Iterator

from kaito_pack.base.display import shown
from kaito_pack.base.paths import FieldPath
from kaito_pack.base.problems import Problem
from kaito_pack.base.trees import Fields, entries, mapping, sequence, strings, text, texts
from kaito_pack.facts.checks import rule
from kaito_pack.facts.rules import problem
from kaito_pack.kubernetes.decoding import names
from kaito_pack.kubernetes.decoding.asking import one_of, required
from kaito_pack.kubernetes.decoding.metadata import check_labels

WITH_VALUES, WITHOUT_VALUES, COMPARING = ("In", "NotIn"), ("Exists", "DoesNotExist"), ("Gt", "Lt")


def check_selector(selector: object, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with a label selector."""
    yield from check_labels(mapping(selector).get("matchLabels"), (*path, "matchLabels"))
    expressions = mapping(selector).get("matchExpressions")
    for expression, expression_path in entries(expressions, (*path, "matchExpressions")):
        yield from check_expression(expression, (*WITH_VALUES, *WITHOUT_VALUES), expression_path)


@rule("kubernetes/operator-values", on="part")
@rule("kubernetes/label-key", "kubernetes/label-value", on="shared")
def check_expression(expression: Fields, operators: tuple[str, ...], path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with one condition on a label."""
    key, operator = text(expression.get("key")), text(expression.get("operator"))
    values = sequence(expression.get("values"))
    if (key or expression.get("key") in (None, "")) and not names.is_qualified(key):
        yield problem("kubernetes/label-key", (*path, "key"), key=shown(key))
    yield from required(expression, ["operator"], path, "a condition on a label")
    yield from one_of(expression, "operator", operators, path)
    needs = {
        **dict.fromkeys(WITH_VALUES, "at least one value"),
        **dict.fromkeys(WITHOUT_VALUES, "no values"),
        **dict.fromkeys(COMPARING, "exactly one value"),
    }
    wrong = (
        (operator in WITH_VALUES and not values)
        or (operator in WITHOUT_VALUES and values)
        or (operator in COMPARING and operator in operators and len(values) != 1)
    )
    if wrong:
        facts = {"operator": shown(operator), "need": needs[operator], "count": len(values)}
        yield problem("kubernetes/operator-values", (*path, "values"), None, **facts)
    for value, value_path in texts(values, (*path, "values")):
        if operator in (*WITH_VALUES, *COMPARING) and not names.is_label_value(value):
            yield problem("kubernetes/label-value", value_path, key=shown(key), value=shown(value))


def unmatched(selector: object, labels: Fields, path: FieldPath) -> Iterator[tuple[FieldPath, str, str]]:
    """Yield the parts of a selector that `labels` do not match: path, key and wanted value.

    A null counts as an empty text in both.
    """
    given = {key: text(value) for key, value in strings(labels)}
    for key, value in strings(mapping(selector).get("matchLabels")):
        if (value is None or isinstance(value, str)) and given.get(key) != text(value):
            yield (*path, "matchLabels", key), key, text(value)
    expressions = mapping(selector).get("matchExpressions")
    for expression, expression_path in entries(expressions, (*path, "matchExpressions")):
        key, operator = text(expression.get("key")), text(expression.get("operator"))
        values = [value for value, _ in texts(expression.get("values"), expression_path)]
        inside = given.get(key) in values
        wrong = {
            "In": not inside,
            "NotIn": inside,
            "Exists": key not in given,
            "DoesNotExist": key in given,
        }
        if wrong.get(operator):
            yield expression_path, key, f"{operator} {', '.join(values)}".strip()


@rule("kubernetes/match-fields", on="part")
@rule("kubernetes/name-format", on="shared")
def check_node_term(term: Fields, path: FieldPath) -> Iterator[Problem]:
    """Yield the problems with one term that selects nodes."""
    operators = (*WITH_VALUES, *WITHOUT_VALUES, *COMPARING)
    for expression, expression_path in entries(term.get("matchExpressions"), (*path, "matchExpressions")):
        yield from check_expression(expression, operators, expression_path)
    for expression, expression_path in entries(term.get("matchFields"), (*path, "matchFields")):
        yield from required(expression, ["operator"], expression_path, "a condition on a node's field")
        yield from one_of(expression, "operator", WITH_VALUES, expression_path)
        for value, value_path in texts(expression.get("values"), (*expression_path, "values")):
            if not names.is_subdomain(value):
                yield problem("kubernetes/name-format", value_path, field="node's name", value=shown(value))
        if text(expression.get("key")) != "metadata.name" or len(sequence(expression.get("values"))) != 1:
            yield problem("kubernetes/match-fields", expression_path)
