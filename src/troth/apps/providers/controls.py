"""How the clause on service providers is proved: from the record of disclosures, and from the register of duties."""

from django.conf import settings

from troth.gate.duties import proving
from troth.gate.outbound.mail import CARRIER
from troth.gate.proving.answers import Finding, broken, control, kept

CLAUSE = "share.providers"


@control(CLAUSE)
def each_disclosure_has_its_duty() -> Finding:
    """Whatever went to a provider went under a duty that was live and meant it; and the carrier is on the register."""
    if CARRIER not in settings.TROTH_RECIPIENTS:
        return broken(
            "the mail carrier is on no register", "`[recipients.mail-carrier]` is missing in company.toml"
        )
    seen = proving.look(CLAUSE)
    if seen.wrong:
        return broken(f"{len(seen.wrong)} faults in what went to providers", "; ".join(seen.wrong[:5]))
    return kept(
        f"{seen.handed} records, each under a duty",
        f"{seen.duties} duties on the register; each record has its entry, its country and its number",
    )
