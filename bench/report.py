"""What comes out: a table as text, and the same as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .method import Measured

MICROSECONDS = 1e6


@dataclass(frozen=True)
class Target:
    """A figure beside the figure it should reach."""

    what: str
    figure: float
    bound: float
    at_most: bool = True
    form: str = ".2f"

    @property
    def is_met(self) -> bool:
        """Whether the figure is on the right side of the bound."""
        return self.figure <= self.bound if self.at_most else self.figure >= self.bound

    def __str__(self) -> str:
        sense = "at most" if self.at_most else "at least"
        verdict = "met" if self.is_met else "NOT met"
        return f"{self.what}: {self.figure:{self.form}}, wanted {sense} {self.bound:g}: {verdict}"


@dataclass
class Section:
    """One row of the issue's table: its contenders, all beside the first, and its targets."""

    title: str
    unit: str
    measured: Sequence[Measured]
    targets: Sequence[Target] = ()
    notes: Sequence[str] = ()

    def lines(self) -> list[str]:
        """The section as text."""
        width = max(len(each.name) for each in self.measured)
        titles = f"{'clock':>12} {'CPU':>12} {'waiting':>12} {'ratio':>9} {'of CPU':>9}"
        head = f"  {'microseconds for ' + self.unit:<{width}}  {titles}"
        rows = [
            f"  {each.name:<{width}}  {_us(each.wall)} {_us(each.cpu)} {_us(each.waiting)}"
            f" {each.ratio(self.measured[0]):>9.2f} {each.cpu_ratio(self.measured[0]):>9.2f}"
            for each in self.measured
        ]
        targets = [f"  > {target}" for target in self.targets]
        return [self.title, head, *rows, *targets, *(f"  {note}" for note in self.notes), ""]

    def as_data(self) -> dict[str, Any]:
        """The section for JSON, with every sample."""
        return {
            "title": self.title, "unit": self.unit, "notes": list(self.notes),
            "measured": [
                {
                    "name": each.name, "wall_us": each.wall * MICROSECONDS, "cpu_us": each.cpu * MICROSECONDS,
                    "waiting_us": each.waiting * MICROSECONDS, "ratio_to_first": each.ratio(self.measured[0]),
                    "cpu_ratio_to_first": each.cpu_ratio(self.measured[0]),
                    "samples_us": [[sample.wall * MICROSECONDS, sample.cpu * MICROSECONDS] for sample in each.samples],
                }
                for each in self.measured
            ],
            "targets": [{**asdict(target), "met": target.is_met} for target in self.targets],
        }  # fmt: skip


@dataclass
class Report:
    """All sections and what they were measured on."""

    machine: Mapping[str, Any]
    sections: list[Section] = field(default_factory=list)

    def heading(self) -> list[str]:
        """What was compared, on what."""
        return [*(f"{name}: {value}" for name, value in self.machine.items()), ""]

    def closing(self) -> list[str]:
        """The targets that were missed, by name."""
        targets = [(section.title, target) for section in self.sections for target in section.targets]
        missed = [f"  {title}: {target}" for title, target in targets if not target.is_met]
        return [f"{len(targets) - len(missed)} of {len(targets)} targets met", *missed]

    def as_data(self) -> dict[str, Any]:
        """The report for JSON."""
        return {"machine": dict(self.machine), "sections": [section.as_data() for section in self.sections]}


def _us(seconds: float) -> str:
    return f"{seconds * MICROSECONDS:>12,.{3 if seconds < 1e-5 else 1}f}"
