"""A small client of yaml-language-server: LSP over stdio, one request at a time."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PATIENCE = 120  # seconds without an answer, after which the server counts as hanging

# What an editor would send as its settings; nothing is fetched.
SETTINGS: Mapping[str, Any] = {
    "yaml": {
        "validate": True,
        "hover": True,
        "completion": True,
        "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
    },
    "redhat": {"telemetry": {"enabled": False}},
}


class LanguageServer:
    """A running server. `schemas` is the editor's setting yaml.schemas: {address of a schema: globs}."""

    def __init__(self, command: list[str], folder: Path, schemas: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [*command, "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._settings = {**SETTINGS, "yaml": {**SETTINGS["yaml"], "schemas": schemas or {}}}
        self._diagnostics: dict[str, list[dict[str, Any]]] = {}
        self._count = 0
        threading.Thread(target=self._read, daemon=True).start()
        capabilities = {
            "textDocument": {
                "completion": {
                    "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}
                },
                "hover": {"contentFormat": ["markdown"]},
            },
            "workspace": {"configuration": True, "didChangeConfiguration": {"dynamicRegistration": True}},
        }
        folders = [{"uri": folder.as_uri(), "name": folder.name}]
        given = {"processId": None, "capabilities": capabilities, "workspaceFolders": folders}
        self.request("initialize", {**given, "rootUri": folder.as_uri()})
        self._notify("initialized", {})
        self._notify("workspace/didChangeConfiguration", {"settings": self._settings})

    def show(self, file: Path, text: str | None = None) -> None:
        """Open a file, with other text than its own where `text` is given. Each file can be opened once."""
        content = file.read_text(encoding="utf-8") if text is None else text
        document = {"uri": file.as_uri(), "languageId": "yaml", "version": 1, "text": content}
        self._notify("textDocument/didOpen", {"textDocument": document})

    def diagnostics(self, file: Path) -> list[dict[str, Any]]:
        """What is wrong with an open file. The server takes its time, and judges several at once."""
        while file.as_uri() not in self._diagnostics:
            self._next()
        return self._diagnostics[file.as_uri()]

    def completion(self, file: Path, line: int, column: int) -> list[dict[str, Any]]:
        """What is offered at a place (counted from 0) of an open file."""
        answer = self.request("textDocument/completion", _position(file, line, column))
        items: list[dict[str, Any]] = answer["items"] if isinstance(answer, dict) else answer or []
        return items

    def hover(self, file: Path, line: int, column: int) -> str:
        """The text shown over a place of an open file, as Markdown; empty where there is none."""
        answer = self.request("textDocument/hover", _position(file, line, column))
        contents = (answer or {}).get("contents", "")
        return str(contents["value"] if isinstance(contents, dict) else contents)

    def request(self, method: str, parameters: Mapping[str, Any]) -> Any:
        """The server's answer to a request."""
        self._count += 1
        number = self._count
        self._send({"id": number, "method": method, "params": parameters})
        while True:
            message = self._next()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def stop(self) -> None:
        """End the server."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()

    def _next(self) -> dict[str, Any]:
        """The next message; diagnostics are kept, and questions of the server answered."""
        message = self._messages.get(timeout=PATIENCE)
        method = message.get("method")
        if method == "textDocument/publishDiagnostics":
            self._diagnostics[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif method is not None and "id" in message:
            result: Any = None
            if method == "workspace/configuration":
                result = [self._settings.get(item["section"], {}) for item in message["params"]["items"]]
            self._send({"id": message["id"], "result": result})
        return message

    def _notify(self, method: str, parameters: Mapping[str, Any]) -> None:
        self._send({"method": method, "params": parameters})

    def _send(self, message: Mapping[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while header := stream.readline():
            while stream.readline().strip():
                pass  # other headers
            self._messages.put(json.loads(stream.read(int(header.partition(b":")[2]))))


def _position(file: Path, line: int, column: int) -> dict[str, Any]:
    return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": column}}
