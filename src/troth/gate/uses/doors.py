"""`using`, `act` and `@use`: where a use begins and ends, and when its entry becomes durable."""

import inspect
import sys
from collections.abc import Callable
from contextvars import ContextVar, Token
from functools import wraps
from types import TracebackType
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponseBase

from .. import watch
from ..errors import GateError, Refused
from ..journal import writing
from ..registry import serves
from .actor import Actor, Each, Ground
from .use import Use, _current

_act: ContextVar["act | None"] = ContextVar("troth_act", default=None)


class using:  # noqa: N801 - reads as a statement: `with using(...)`
    """Open a use for the block.  At its end the entry is durable, or belongs to the act around it.

    Raises on leaving whatever poisoned the use, even if the block caught it.
    """

    def __init__(
        self, purpose: str, *, by: Actor, given: Ground | Each | None = None, at: str | None = None
    ) -> None:
        self._use = Use(purpose, by, given, at)
        self._token: Token[Use | None] | None = None

    def __enter__(self) -> Use:
        if sys._getframe(1).f_code.co_flags & (inspect.CO_GENERATOR | inspect.CO_ASYNC_GENERATOR):
            # A context variable set inside a generator leaks into whoever iterates it.
            raise GateError(
                "a use cannot be held across a generator's yield; open it around the loop instead"
            )
        self._token = _current.set(self._use)
        return self._use

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._token is not None:
            _current.reset(self._token)
        try:
            keep(self._use)
        finally:
            watch.used(
                self._use.by.role,
                self._use.by.subject,
                self._use.touched,
                isinstance(self._use.fault, Refused),
            )
            self._use.close()
        if self._use.fault is not None and error is None:
            raise self._use.fault


def keep(use: Use) -> None:
    """Make a use's record durable now, or hand it to the act that is open."""
    row = use.take_record()
    if row is None:
        return
    running = _act.get()
    if running is None:
        writing.committer.commit(row)
    else:
        running.hold(row)


class act:  # noqa: N801 - reads as a statement: `with act()`
    """A flow's transaction: all of it, with the entries of its uses, or nothing but the entries.

    If it rolls back, the uses in it still happened: their entries are written in a transaction of their own.
    """

    def __init__(self) -> None:
        self._atomic = transaction.atomic(durable=True)
        self._held: list[writing.Row] = []
        self._late: list[writing.Row] = []
        self._depth = 0
        self._token: Token[act | None] | None = None

    def hold(self, row: writing.Row) -> None:
        """Write an entry within the act, and remember it in case the act rolls back."""
        self._held.append(row)
        if len(connection.savepoint_ids) == self._depth:
            writing.insert([row])
        else:
            # A savepoint that rolls back would take the entry along, and what was read stays read.
            self._late.append(row)

    def __enter__(self) -> "act":
        self._atomic.__enter__()
        self._depth = len(connection.savepoint_ids)
        self._token = _act.set(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failed: BaseException | None = error
        try:
            use = _current.get()
            if error is None:
                if use is not None:
                    keep(use)
                if self._late:
                    writing.insert(self._late)
        except BaseException as fault:
            failed = fault
            raise
        finally:
            if self._token is not None:
                _act.reset(self._token)
            try:
                self._atomic.__exit__(type(failed) if failed else None, failed, trace)
            except BaseException:
                failed = failed or sys.exception()
                raise
            finally:
                if failed is not None:
                    for row in self._held:
                        writing.committer.commit(row)


View = Callable[..., HttpResponseBase]


def use(
    purpose: str,
    *,
    given: Each | Callable[..., Ground] | None = None,
    at: str | None = None,
) -> Callable[[View], View]:
    """Declare the purpose of a view.  A lazy response is rendered inside the use.

    `given` is EACH, or a function of the view's arguments that returns the ground; the view finds it as
    `request.ground`.
    """

    serves(purpose)

    def declare(view: View) -> View:
        @wraps(view)
        def inside(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            ground = given(request, *args, **kwargs) if callable(given) else given
            request.ground = ground  # type: ignore[attr-defined]
            with using(purpose, by=request.actor, given=ground, at=at):  # type: ignore[attr-defined]
                response = view(request, *args, **kwargs)
                render = getattr(response, "render", None)
                return render() if callable(render) else response

        return inside

    return declare
