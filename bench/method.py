"""How a figure is taken: contenders by turns in one run, medians, ratios pair by pair, CPU and waiting apart."""

import gc
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

LEAST_SECONDS = 0.03
"""A sample of something quick repeats it until it takes about this long."""
MOST_LOOPS = 100_000


class Sample(NamedTuple):
    """Seconds on the clock and seconds of this process's CPU, for one unit of work."""

    wall: float
    cpu: float


@dataclass
class Contender:
    """One way to do the work.  `run` does it once, for `units` units; `before` prepares each sample, untimed."""

    name: str
    run: Callable[[], object]
    units: int = 1
    before: Callable[[], object] | None = None
    within: Callable[[], AbstractContextManager[object]] = nullcontext
    loops: int = 0

    def sample(self) -> Sample:
        """One timed sample, loops chosen at the first; `within` is entered and left outside the clock."""
        with self.within():
            return self._sample()

    def _sample(self) -> Sample:
        if self.before:
            self.before()
        if not self.loops:
            self.loops = self._calibrated()
        gc.collect()
        cpu, wall = time.process_time(), time.perf_counter()
        for _ in range(self.loops):
            self.run()
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return Sample(wall / self.loops / self.units, cpu / self.loops / self.units)

    def _calibrated(self) -> int:
        self.run()
        if self.before:
            self.before()
            return 1
        began = time.perf_counter()
        self.run()
        return max(1, min(MOST_LOOPS, int(LEAST_SECONDS / max(time.perf_counter() - began, 1e-7))))


@dataclass
class Remote(Contender):
    """A contender that lives in another process and times itself there."""

    ask: Callable[[], Sample] = field(default=lambda: Sample(0.0, 0.0))

    def sample(self) -> Sample:
        """One sample, as the other process took it."""
        return self.ask()


@dataclass
class Measured:
    """All samples of one contender, in the order of the rounds."""

    name: str
    samples: list[Sample] = field(default_factory=list)

    @property
    def wall(self) -> float:
        """Median seconds on the clock for one unit."""
        return median(sample.wall for sample in self.samples)

    @property
    def cpu(self) -> float:
        """Median seconds of CPU for one unit."""
        return median(sample.cpu for sample in self.samples)

    @property
    def waiting(self) -> float:
        """Median of what is left: waiting for the disk, and for other processes of a shared machine."""
        return max(0.0, median(sample.wall - sample.cpu for sample in self.samples))

    def ratio(self, other: "Measured") -> float:
        """Median over the rounds of this contender's time on the clock to the other's in the same round."""
        pairs = zip(self.samples, other.samples, strict=True)
        return median(mine.wall / theirs.wall for mine, theirs in pairs)

    def cpu_ratio(self, other: "Measured") -> float:
        """The same of CPU time: the judge of what never waits for the disk, since others' work is not in it."""
        pairs = zip(self.samples, other.samples, strict=True)
        return median(mine.cpu / theirs.cpu for mine, theirs in pairs)


def by_turns(contenders: Sequence[Contender], rounds: int) -> dict[str, Measured]:
    """Measure contenders A B C, C B A, A B C ... so that a slow minute of the machine falls on all of them."""
    found = {contender.name: Measured(contender.name) for contender in contenders}
    for contender in contenders:
        contender.sample()
    for turn in range(rounds):
        for contender in contenders if turn % 2 == 0 else reversed(contenders):
            found[contender.name].samples.append(contender.sample())
    return found
