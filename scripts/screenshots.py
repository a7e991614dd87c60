"""`make screenshots`: takes the pictures of docs/guides/form.md from the real page in Debian's chromium."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import sync_playwright

from kaito_pack.base.root import ROOT
from tests.browser.form import Form, served

FOLDER = ROOT / "docs" / "images"
GATED: dict[str, Any] = {
    "start": {"modelId": "meta-llama/Llama-3.1-8B-Instruct"},
    "answers": {
        "name": "llama",
        "hfTokenSecret": "hf-token",
        "resources.gpu": "2",
        "instanceType": "Standard_NC48ads_A100_v4",
    },
    "target": {"nodeProvisioning": "auto"},
}
BUILD: dict[str, Any] = {
    "start": {"modelId": "unsloth/Qwen3-4B-GGUF", "engines": "llamacpp"},
    "answers": {
        "name": "qwen",
        "ggufFile": "Qwen3-4B-Q4_K_M.gguf",
        "ggufRunMode": "build",
        "imageRef": "registry.example.com/models/qwen:1",
    },
}
WRONG: dict[str, Any] = {
    "start": {"modelId": "mistralai/Mistral-7B-Instruct-v0.3"},
    "answers": {"name": "My Mistral", "maxModelLen": "32k"},
    "target": {"gpuMemoryGiB": "24"},
}
# name: state, colour scheme, width, top element of the picture, active tab
PICTURES = {
    "form-light": (GATED, "light", 1280, None, "Manifest"),
    "form-dark": (GATED, "dark", 1280, None, "Manifest"),
    "form-memory-light": (GATED, "light", 1280, "#values-card", "Manifest"),
    "form-memory-dark": (GATED, "dark", 1280, "#values-card", "Manifest"),
    "form-build-light": (BUILD, "light", 1280, "#values-card", "Manifest"),
    "form-problems-light": (WRONG, "light", 1280, "#values-card", "Values"),
    "form-problems-dark": (WRONG, "dark", 1280, "#values-card", "Values"),
    "form-narrow-light": (GATED, "light", 400, "#values-card", ""),
}


def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with served() as (url, _), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for name, (state, scheme, width, top, tab) in PICTURES.items():
            viewport = {"width": width, "height": 860}
            context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
            form = Form(context.new_page(), url).load(state)
            if tab:
                form.tab(tab)
            if top:
                form.page.locator(top).evaluate("one => scrollTo(0, one.offsetTop - 24)")
            form.page.mouse.move(0, 0)
            form.page.screenshot(path=FOLDER / f"{name}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    main()
