"""What a referrer's company has in credit: it comes off the company's next invoices, cent for cent and once."""

from typing import Any
from uuid import UUID

from django.db.models import F, Q, Sum

from troth.accounts.people.models import Membership

from .models import Reward, Spending


def company_of(subject: UUID) -> UUID | None:
    """Whose credit somebody's rewards are: that of the company which they have been with for longest."""
    return Membership.objects.filter(owner=subject).values_list("customer_id", flat=True).first()


def _of(company: UUID, currency: str) -> Any:
    # Whoever had no company when somebody joined by their link brings it along to the one they are with now.
    people = Membership.objects.filter(customer=company).values("owner")
    mine = Q(company=company) | Q(company=None, owner__in=people)
    return Reward.objects.filter(mine, currency=currency, used__lt=F("cents")).order_by("earned_on", "pk")


class Rewards:
    """The purse of referrals (`troth.accounts.people.credits`)."""

    def left(self, company: UUID, currency: str) -> int:
        """See `Purse`."""
        return _of(company, currency).aggregate(left=Sum(F("cents") - F("used")))["left"] or 0

    def take(self, company: UUID, currency: str, most: int, bill: UUID) -> int:
        """See `Purse`.  The rows are held: of two bills at once the second finds what the first left."""
        taken = 0
        for row in _of(company, currency).select_for_update():
            part = min(row.cents - row.used, most - taken)
            if part <= 0:
                break
            Reward.objects.filter(pk=row.pk).update(used=F("used") + part)
            Spending(owner_id=row.owner_id, reward=row, company_id=company, bill=bill, cents=part).save(
                force_insert=True
            )
            taken += part
        return taken

    def give_back(self, bill: UUID) -> None:
        """See `Purse`."""
        for spent in Spending.objects.filter(bill=bill).select_for_update():
            Reward.objects.filter(pk=spent.reward_id).update(used=F("used") - spent.cents)
            spent.delete()

    def pass_on(self, bill: UUID, to: UUID) -> None:
        """See `Purse`."""
        Spending.objects.filter(bill=bill).update(bill=to)
