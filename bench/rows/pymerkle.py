"""pymerkle in an interpreter of its own: it is under the GPL, so nothing of it is imported or shipped here."""

import json
import subprocess
from pathlib import Path
from typing import Any, Self

from ..method import Contender, Remote, Sample

PROGRAM = Path(__file__).resolve().parent.parent / "peers" / "pymerkle_peer.py"


class Pymerkle:
    """The other process.  Without an interpreter there is none, and no contender."""

    def __init__(self, interpreter: str | None, folder: Path) -> None:
        self._interpreter, self._folder = interpreter, folder
        self._process: subprocess.Popen[str] | None = None
        self.names: list[str] = []
        self.version = self.sqlite = ""

    def __enter__(self) -> Self:
        if self._interpreter:
            self._folder.mkdir()
            self._process = subprocess.Popen(
                [self._interpreter, str(PROGRAM), str(self._folder)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            told = self._ask({"do": "versions"})
            self.version, self.sqlite = told["pymerkle"], told["sqlite"]
        return self

    def __exit__(self, *error: object) -> None:
        if self._process:
            self._process.communicate()

    def contenders(self, group: int) -> list[Contender]:
        """One entry at a time as it comes and with SQLite's WAL, and a group in one call."""
        ways = {
            "pymerkle append_entry": {"do": "one", "times": 10},
            "pymerkle append_entry, in WAL": {"do": "one-wal", "times": 10},
            f"pymerkle append_entries, groups of {group}": {"do": "group", "times": group},
            f"pymerkle append_entries, groups of {group}, and the root": {"do": "group-root", "times": group},
        }
        if self._process is None:
            return []
        self.names = list(ways)
        return [
            Remote(name, _nothing, ask=lambda order=order: self._sample(order))
            for name, order in ways.items()
        ]

    def _sample(self, order: dict[str, Any]) -> Sample:
        told = self._ask(order)
        return Sample(told["wall"], told["cpu"])

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process and self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


def _nothing() -> None:
    raise AssertionError("this contender is timed in its own process")
