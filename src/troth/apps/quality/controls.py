"""How the clause on data quality is proved: what was given has a duty, and what was changed was proposed and accepted."""

from datetime import timedelta

from troth.gate.duties import proving
from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.telling.models import Correction

from .models import Proposal, Run
from .proposing import PURPOSE

CLAUSE = "share.quality"
NOBODYS = ("system", "quality-checker")
"""Roles that propose, and correct nothing."""
MINUTE = timedelta(minutes=1)


@control(CLAUSE)
def nothing_is_corrected_without_its_run() -> Finding:
    """Each accepted proposal came out of a run under a live duty, and nothing was corrected past its owner."""
    seen = proving.look(CLAUSE)
    wrong = [*seen.wrong, *_runs(), *_corrections()]
    if wrong:
        return broken(f"{len(wrong)} faults in checks of the data", "; ".join(wrong[:5]))
    count = {state: Proposal.objects.filter(state=state).count() for state in Proposal.State.values}
    return kept(
        f"{Run.objects.count()} runs, {sum(count.values())} proposals",
        f"{count['accepted']} accepted by whom they are about, {count['declined']} declined, {count['waiting']} waiting; "
        f"{seen.handed} records given to a provider, each under a duty",
    )


def _runs() -> list[str]:
    """Runs under a duty that was not live, or is for something else."""
    return [
        f"run {run.pk.hex[:8]} without a live duty"
        for run in Run.objects.select_related("duty")
        if run.duty.purpose != PURPOSE or not run.duty.begun_at <= run.at <= run.duty.over_at
    ]


def _corrections() -> list[str]:
    """Corrections that no run proposed or nobody accepted."""
    wrong = []
    if past := Correction.objects.filter(role__in=NOBODYS).count():
        wrong.append(f"{past} corrections by nobody who may")
    for row in (
        Proposal.objects.filter(state=Proposal.State.ACCEPTED).select_related("run").iterator(chunk_size=200)
    ):
        if row.answered_at is None or row.made_at < row.run.at - MINUTE:
            wrong.append(f"proposal {row.pk.hex[:8]} accepted without its run")
    return wrong
