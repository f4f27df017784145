"""What something costs: plans, years and taxes are data of `company.toml`; nothing is asked of anybody.

Amounts are whole numbers of the smallest unit of the currency (cents).
"""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.numbers import format_currency, get_currency_precision
from django.conf import settings

from troth.gate.countries import countries

MONTH, YEAR = "month", "year"
PERIODS = ((MONTH, "each month"), (YEAR, "once a year"))
MOST = 100_000
"""Employees for whom a price is computed; for more it is agreed upon."""


class NoPrice(ValueError):
    """There is no such price; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan by how many of a customer's employees use the Services; prices are for a month."""

    id: str
    name: str
    currency: str
    first: int
    last: int
    base: int
    each: int

    def per_month(self, employees: int) -> int:
        """Cents a month for so many."""
        return self.base + self.each * employees

    def per(self, period: str, employees: int) -> int:
        """Cents for a month or a year, before tax."""
        months = int(settings.TROTH_COMPANY["prices"]["year-months"]) if period == YEAR else 1
        return self.per_month(employees) * months


@dataclass(frozen=True, slots=True)
class Price:
    """A price with everything it is made of; `tax_rate` in hundredths of a percent."""

    plan: Plan
    employees: int
    period: str
    country: str
    net: int
    tax_name: str
    tax_rate: int
    tax: int

    @property
    def gross(self) -> int:
        """What is paid."""
        return self.net + self.tax

    @property
    def currency(self) -> str:
        """ISO 4217."""
        return self.plan.currency

    @property
    def rate_words(self) -> str:
        """The rate of the tax as people write it."""
        return f"{Decimal(self.tax_rate) / 100:f} %"


def plans() -> list[Plan]:
    """The plans of `company.toml`, in its order."""
    return [
        Plan(
            each["id"], each["name"], each["currency"], each["from"], each.get("up-to", MOST), each["base"], each["each"]
        )
        for each in settings.TROTH_COMPANY["plans"]
    ]  # fmt: skip


def price(employees: int, period: str, country: str) -> Price:
    """What so many employees cost for a month or a year, with the tax of a country.  Raises NoPrice."""
    if period not in dict(PERIODS):
        raise NoPrice("Prices are for a month or a year.")
    if country not in countries():
        raise NoPrice("Please choose a country of the list.")
    plan = next((each for each in plans() if each.first <= employees <= each.last), None)
    if plan is None:
        raise NoPrice(f"Plans are for 1 to {MOST:,} employees. For more, please ask us.")
    name, rate = tax_of(country)
    net = plan.per(period, employees)
    tax = int((Decimal(net) * rate / 10_000).quantize(Decimal(1), ROUND_HALF_UP))
    return Price(plan, employees, period, country, net, name, rate, tax)


def tax_of(country: str) -> tuple[str, int]:
    """The tax of a billing address's country: its name, and its rate in hundredths of a percent."""
    taxes: list[dict[str, Any]] = settings.TROTH_COMPANY.get("taxes", [])
    found = next((each for each in taxes if each["country"] == country), {})
    return str(found.get("name", "Tax")), int(found.get("rate", 0))


def money(amount: int, currency: str) -> str:
    """An amount as people write it."""
    value = Decimal(amount).scaleb(-get_currency_precision(currency))
    return format_currency(value, currency, locale=settings.LANGUAGE_CODE)
