"""axe-core on a page of the form, which runs it only if the policy of the page is passed over."""

from __future__ import annotations

from typing import Any

from tests.conftest import ROOT, missing

AXE = ROOT / ".tools" / "node" / "node_modules" / "axe-core" / "axe.min.js"


def with_axe(page: Any) -> None:
    """Add axe-core to a page; skips if it is not installed."""
    if not AXE.exists():
        missing("axe-core")
    page.add_script_tag(path=AXE)


def axe(page: Any) -> list[str]:
    """What axe-core finds, one line each."""
    result = page.evaluate("axe.run(document, {})")
    assert len(result["passes"]) > 10
    sure = [f"{item['id']}: {node['html'][:120]}" for item in result["violations"] for node in item["nodes"]]
    # Of what it cannot decide, contrast is what counts here.
    unsure = [item for item in result["incomplete"] if item["id"] == "color-contrast"]
    return sure + [f"{item['id']}?: {node['html'][:120]}" for item in unsure for node in item["nodes"]]
