"""The documentation site: built strictly, whole in itself, and asking no other host for anything."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from html.parser import HTMLParser
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import ROOT, missing

# Where an attribute makes a browser load something; of <link> only these kinds.
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "video": "src", "object": "data"}
LOADED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "manifest"}
MOST_KIBIBYTES = 12_000


class Page(HTMLParser):
    """What a page refers to, what it loads, and the anchors that it has."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = {"", "__top"}
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        loaded = given.get(LOADS.get(tag, ""))
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            loaded = given["href"]
        if loaded:
            self.loads.append(loaded)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])


def needs(module: str) -> None:
    """Skip where a module is not installed; fail under REQUIRE_TOOLS=1."""
    if find_spec(module) is None:
        missing(module)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needs("mkdocs")
    needs("material")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {file: Page(file) for file in sorted(site.rglob("*.html"))}


def test_every_page_of_docs_and_every_integration_is_there(site: Path) -> None:
    for file in (ROOT / "docs").rglob("*.md"):
        assert (site / file.relative_to(ROOT / "docs").with_suffix(".html")).exists(), file
    for file in (ROOT / "integrations").glob("*/README.md"):
        assert (site / file.relative_to(ROOT).with_name("index.html")).exists(), file
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    assert size < MOST_KIBIBYTES << 10


def test_every_link_within_leads_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    for file, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            # The page that stands for a missing one names everything from the root.
            base = site if parts.path.startswith("/") else file.parent
            target = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else file
            target = target / "index.html" if target.is_dir() else target
            assert target.exists(), f"{file.relative_to(site)}: {link}"
            if target in pages:
                assert unquote(parts.fragment) in pages[target].anchors, f"{file.relative_to(site)}: {link}"


def test_nothing_is_loaded_from_another_host(site: Path, pages: dict[Path, Page]) -> None:
    for file, page in pages.items():
        outside = [item for item in page.loads if urlsplit(item).netloc]
        assert not outside, f"{file.relative_to(site)} loads {outside}"
    for file in [*site.rglob("*.css"), *site.rglob("*.svg"), *pages]:
        text = file.read_text(encoding="utf-8")
        result = re.findall(r"(?:url\(|@import)\s*['\"]?\s*(?:https?:)?//[^)'\"]+", text)
        assert not result, f"{file.relative_to(site)} loads {result}"


@pytest.mark.parametrize(
    ("repository", "where"),
    [
        ("https://git.example.com/pack/", "https://git.example.com/pack/blob/main/values/llama.yaml"),
        (None, "../files/values/llama.yaml"),
    ],
)
def test_a_link_out_of_docs_leads_to_the_repository_or_to_a_copy(repository: str | None, where: str) -> None:
    needs("mkdocs")
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

    from scripts import site_hook

    config = MkDocsConfig()
    config.load_dict({"site_name": "x", "repo_url": repository, "extra": {"branch": "main"}})
    config.validate()
    config.plugins._current_plugin = "hook"  # mkdocs sets it while a hook runs
    page = SimpleNamespace(file=SimpleNamespace(src_uri="modes/vllm.md"))
    text = "[one](../../values/llama.yaml) [two](../plan.md#a) [three](../../integrations/flux/README.md)\n"
    fenced = "```text\n[one](../../values/llama.yaml)\n```\n"
    files = Files([])
    expected = f"[one]({where}) [two](../plan.md#a) [three](../integrations/flux/README.md)\n{fenced}"
    assert site_hook.on_page_markdown(text + fenced, page, config, files) == expected
    assert [file.src_uri for file in files] == ([] if repository else ["files/values/llama.yaml"])


class Quiet(SimpleHTTPRequestHandler):
    """Serves files, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(site: Path) -> Iterator[str]:
    """The site as a web server gives it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_browser_reads_and_searches_it_without_asking_another_host(address: str, browser: Any) -> None:
    asked: list[str] = []
    with browser.new_page() as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{address}/concepts/nodes.html")
        page.wait_for_load_state("networkidle")
        page.keyboard.press("/")  # the theme's key for its search
        page.keyboard.type("tensor parallel")
        page.locator(".md-search-result__item").first.wait_for()
        result = page.locator(".md-search-result__link").first.get_attribute("href")
        widths = page.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert result and urlsplit(result).path.endswith(".html")
    assert widths and all(widths), "a diagram is not shown"
    assert asked and all(item.startswith((address, "data:", "blob:")) for item in asked), asked


def test_a_browser_searches_it_in_a_folder_without_a_server(site: Path, browser: Any) -> None:
    asked: list[str] = []
    with browser.new_page() as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{site.as_uri()}/concepts/nodes.html")
        page.wait_for_load_state("load")
        page.keyboard.press("/")
        page.keyboard.type("tensor parallel")
        page.locator(".md-search-result__item").first.wait_for()
        link = page.locator(".md-search-result__link").first.get_attribute("href")
    assert link and (site / Path(urlsplit(link).path).relative_to(site)).is_file()
    assert all(address.startswith(("file:", "data:", "blob:")) for address in asked), asked
