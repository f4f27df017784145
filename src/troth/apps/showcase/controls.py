"""How the clause on the showcase is proved: what stands on a page is what its owner permits."""

from troth.gate.proving.answers import Finding, broken, control, kept
from troth.gate.registry import serves
from troth.gate.uses import SYSTEM, using

from .models import Publication

CLAUSE = "public.showcase"
PURPOSE = serves("proving-the-statement")


@control(CLAUSE)
def published_is_permitted() -> Finding:
    """Each text on a page has a live permission with the hash of what it says, and none stands without one."""
    standing = Publication.objects.filter(Publication.standing()).order_by("pk")
    checked, changed = 0, list[str]()
    with using(PURPOSE, by=SYSTEM) as opening:
        for row in standing.iterator(chunk_size=200):
            if opening.is_open_to(row):
                checked += 1
                if row.digest() != row.text_hash:
                    changed.append(row.kind)
                opening.release(row)
    if changed:
        return broken(
            f"{len(changed)} of {checked} published texts changed",
            f"not what their owners permitted, and so left out of the pages: {', '.join(sorted(changed))}",
        )
    if bare := Publication.unpermitted().count():
        return broken(f"{bare} published without permission", "marked as published, and nobody permits them")
    return kept(
        f"{checked} published, each as permitted",
        "the hash of what each says is the one that its owner permitted, and the permission stands",
    )
