"""How the clause on transfers is proved: every recipient, store and access has a country, and the register adds up."""

from troth.engine.ledger import Kind
from troth.gate.countries import countries
from troth.gate.journal import details
from troth.gate.proving.answers import Finding, broken, control, kept

from . import counting, places


@control("transfer.global")
def each_transfer_has_a_country() -> Finding:
    """Each disclosure and each access by staff says its country, whoever holds data has one, and the counts add up."""
    if bare := places.without_country():
        return broken(f"{len(bare)} without a country", f"no country: {', '.join(bare[:5])}")
    logged = counting.transfers().exclude(kind=Kind.DISCLOSE, recipient__in=counting.ANYWHERE)
    where = list(logged.order_by().values_list("country", "id"))
    nowhere = [entry for country, entry in where if country not in countries()]
    if nowhere:
        said = ", ".join(entry[:8] for entry in nowhere[:5])
        return broken(f"{len(nowhere)} transfers without a country", f"entries {said}")
    if edited := [row.id[:8] for row in details.contradicted() if row.country]:
        return broken(
            f"{len(edited)} entries edited",
            f"not what their subjects' sealed part says: {', '.join(edited[:3])}",
        )
    counting.count_new()
    if odd := counting.missing():
        return broken(f"the register is off in {len(odd)} lines", f"it does not add up: {'; '.join(odd[:3])}")
    seen = sorted({country for country, _ in where})
    return kept(
        f"{len(where)} transfers, each with its country",
        f"countries: {', '.join(seen) or 'none yet'}; {len(places.listed())} recipients, stores and roles of staff have"
        " theirs; the register adds up with the log; no rule of the statement asks for a country",
    )
