"""What becomes of somebody's posts when they leave: each stays, stays without the name, or goes (clause public.posts).

Those that stay were handed to the community just before, each under its key (`models.Post.stays_with`).  Of the others
nothing is left but a mark that somebody posted there, which goes after thirty days.
"""

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from troth.gate.subjects.erase import FAREWELLS

from .models import Commons, Edition, PenName, Post, Thread


def leave(subject: str) -> None:
    """Wipe what is still theirs (32 hex digits), and leave marks.  Safe to repeat."""
    commons = Commons.owner()
    if commons is None or subject == commons.hex or not PenName.objects.filter(owner=subject).exists():
        return
    with transaction.atomic():
        mine = Post.objects.filter(owner=subject)
        Edition.objects.filter(owner=subject).delete()
        marked = {"owner": commons, "sealed": None, "afterwards": "", "state": Post.State.REMOVED}
        mine.filter(state=Post.State.REMOVED).update(**marked)
        mine.update(**marked, removed_by=Post.Remover.LEAVING, removed_at=timezone.now())
        # Of those that stay without a name the words are the same, and waiting browsers have the name.
        Thread.objects.update(version=F("version") + 1)


FAREWELLS.append(leave)
