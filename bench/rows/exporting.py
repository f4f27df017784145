"""An archive of somebody's files, from sealed files to a sealed archive, beside `zip -0` of the same bytes in clear."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from troth.gate.files import stored
from troth.gate.subjects.models import DataSubject, Kind
from troth.gate.uses import SYSTEM, using

from ..method import Remote, Sample, by_turns
from ..report import Section, Target

MEGABYTE = 1 << 20
ZIP, SYNCED, OURS = "zip -0", "zip -0, then made durable", "sealed files to a sealed, durable archive"


class Ran:
    """A process that was waited for: what it printed, and its seconds."""

    def __init__(self, command: Sequence[str]) -> None:
        began = time.perf_counter()
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            self.said = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise RuntimeError(f"`{command[0]}` ended with {process.returncode}")
        self.wall, self.cpu = time.perf_counter() - began, used.ru_utime + used.ru_stime


def rows(rounds: int, megabytes: int, home: Path) -> list[Section]:
    """One file of so many megabytes, several times each way by turns."""
    if shutil.which("zip") is None:
        raise RuntimeError("the row `export` needs Info-ZIP's `zip`")
    plain, most = home / "plain.bin", [0]
    owner = DataSubject.begin(Kind.PERSON).pk
    with using("answering-requests", by=SYSTEM, at="request-desk"), plain.open("wb") as file:
        stored.write(
            owner, "plain.bin", "application/octet-stream", _noise(megabytes, file), "requests.request-text"
        )

    def zipped(*, durable: bool) -> Sample:
        out = home / "plain.zip"
        ran = Ran(["zip", "-0", "-q", str(out), str(plain)])
        wall = ran.wall + (_synced(out) if durable else 0)
        out.unlink()
        return Sample(wall, ran.cpu)

    def ours() -> Sample:
        ran = Ran([sys.executable, "-m", "bench.exporter", owner.hex])
        wall, cpu, size, memory = ran.said.split()
        assert int(size) > megabytes * MEGABYTE
        most[0] = max(most[0], int(memory))
        return Sample(float(wall), float(cpu))

    def nothing() -> None:
        """Each process is asked, and times itself."""

    found = by_turns(
        [
            Remote(ZIP, nothing, ask=lambda: zipped(durable=False)),
            Remote(SYNCED, nothing, ask=lambda: zipped(durable=True)),
            Remote(OURS, nothing, ask=ours),
        ],
        rounds,
    )
    plain.unlink()
    return [
        Section(
            f"Export of {megabytes:,} MiB of files", "an archive", list(found.values()),
            [
                Target("time on the clock, to zip -0", found[OURS].ratio(found[ZIP]), 3),
                Target("most memory of the process, MB", most[0] / 1e6, 150, form=".0f"),
            ],
        )
    ]  # fmt: skip


def _noise(megabytes: int, copy: BinaryIO) -> Iterator[bytes]:
    for _ in range(megabytes):
        piece = os.urandom(MEGABYTE)
        copy.write(piece)
        yield piece


def _synced(path: Path) -> float:
    began = time.perf_counter()
    with path.open("rb") as file:
        os.fdatasync(file.fileno())
    return time.perf_counter() - began
