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
    found = page.evaluate("axe.run(document, {})")
    assert len(found["passes"]) > 10
    sure = [f"{one['id']}: {node['html'][:120]}" for one in found["violations"] for node in one["nodes"]]
    # Of what it cannot decide, contrast is what counts here.
    unsure = [one for one in found["incomplete"] if one["id"] == "color-contrast"]
    return sure + [f"{one['id']}?: {node['html'][:120]}" for one in unsure for node in one["nodes"]]
