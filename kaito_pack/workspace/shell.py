"""Splits the script of a `sh -c "…"` into simple commands: enough of a shell to see what it starts."""

from __future__ import annotations

from collections.abc import Mapping

Variables = Mapping[str, str]

# Words before a command that modify how it runs.
PREFIXES = frozenset(
    {"exec", "command", "nohup", "time", "then", "do", "else", "elif", "if", "while", "until", "!", "{", "}"}
)
NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")


def script_commands(script: str, known: Variables) -> list[list[str]]:
    """Return the simple commands of a shell script in order, each as its words with quotes removed.

    Variables that are in `known` or assigned by the script are filled in; every other `$NAME` and every
    `$(command)` stays as written. Comments, redirections, assignments and words such as `exec` are omitted.
    Never raises: an open quote ends with the script.
    """
    return _Reader(script, known).read()


class _Reader:
    """A reader of one script, character by character."""

    def __init__(self, script: str, known: Variables) -> None:
        self.text = script.replace("\\\r\n", "").replace("\\\n", "")
        self.known = dict(known)
        self.position = 0
        self.word: str | None = None  # None between words; "" is a word in empty quotes
        self.words: list[str] = []
        self.commands: list[list[str]] = []
        self.drop_next = False  # the next word is the target of a redirection

    def read(self) -> list[list[str]]:
        while self.position < len(self.text):
            self._step(self.text[self.position])
        self._end_command()
        return self.commands

    def _step(self, character: str) -> None:
        if character in " \t\r":
            self._end_word()
        elif character in ";&|\n()":
            self._end_command()
        elif character in "<>":
            self._redirect()
            return
        elif character == "#" and self.word is None:
            end = self.text.find("\n", self.position)
            self.position = len(self.text) if end < 0 else end
            return
        elif character == "'":
            self._quoted_plainly()
            return
        elif character == '"':
            self._quoted()
            return
        elif character == "\\":
            self.position += 1
            self._add(self.text[self.position : self.position + 1])
        elif character in "$`":
            self._variable(split=True)
            return
        else:
            self._add(character)
        self.position += 1

    def _add(self, text: str) -> None:
        self.word = (self.word or "") + text

    def _end_word(self) -> None:
        word, self.word = self.word, None
        if word is None:
            return
        if self.drop_next:
            self.drop_next = False
        elif self.words or not self._is_prefix(word):
            self.words.append(word)

    def _is_prefix(self, word: str) -> bool:
        name, equals, value = word.partition("=")
        if equals and name and NAME_CHARACTERS.issuperset(name) and not name[0].isdigit():
            self.known[name] = value
            return True
        if name == "export":
            return True
        return word in PREFIXES

    def _end_command(self) -> None:
        self._end_word()
        if self.words:
            self.commands.append(self.words)
        self.words, self.drop_next = [], False

    def _redirect(self) -> None:
        if self.word is not None and self.word.isdigit():
            self.word = None  # the 2 of `2>file` is not an argument
        self._end_word()
        while self.position < len(self.text) and self.text[self.position] in "<>&|":
            self.position += 1
        self.drop_next = True

    def _quoted_plainly(self) -> None:
        end = self.text.find("'", self.position + 1)
        end = len(self.text) if end < 0 else end
        self._add(self.text[self.position + 1 : end])
        self.position = end + 1

    def _quoted(self) -> None:
        self._add("")
        self.position += 1
        while self.position < len(self.text) and self.text[self.position] != '"':
            character = self.text[self.position]
            if character == "\\" and self.text[self.position + 1 : self.position + 2] in set('"\\$`'):
                self._add(self.text[self.position + 1 : self.position + 2])
                self.position += 2
            elif character in "$`":
                self._variable(split=False)
            else:
                self._add(character)
                self.position += 1
        self.position += 1

    def _variable(self, split: bool) -> None:
        """Read a `$NAME`, `${NAME}`, `$(command)` or backquotes at the current position."""
        start = self.position
        self.position = end = _end_of_variable(self.text, start)
        raw = self.text[start:end]
        value = self.known.get(raw.strip("${}"))
        if value is None or raw.startswith(("$(", "`")):
            self._add(raw)
        elif not split:
            self._add(value)
        else:
            for index, part in enumerate(value.split(" ")):
                if index:
                    self._end_word()
                if part:
                    self._add(part)


def _end_of_variable(text: str, start: int) -> int:
    """Return the end of the expansion that begins with the `$` or backquote at `start`."""
    if text[start] == "`":
        end = text.find("`", start + 1)
        return len(text) if end < 0 else end + 1
    opening = text[start + 1 : start + 2]
    if opening and opening in "({":
        return _end_of_brackets(text, start + 1, ")" if opening == "(" else "}")
    end = start + 1
    while end < len(text) and text[end] in NAME_CHARACTERS:
        end += 1
    return end + 1 if end == start + 1 and text[end : end + 1] in set("@*#?!$-") else end


def _end_of_brackets(text: str, start: int, closing: str) -> int:
    depth, opening = 0, text[start]
    for position in range(start, len(text)):
        if text[position] == opening:
            depth += 1
        elif text[position] == closing:
            depth -= 1
            if not depth:
                return position + 1
    return len(text)
