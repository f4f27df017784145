"""Uses: who may open what, for which purpose, on which ground, and the record of it.

@use("answering-enquiries", given=EACH)                 a view: the actor comes from the request
with using("answering-enquiries", by=actor, given=enquiry): ...
with act(): ...                                         a flow's transaction; its entry commits with it
disclose(row, to="mail-carrier", ...)                   a use whose recipient is outside
"""

from .actor import EACH, SYSTEM, VISITOR, Actor, Ground, OwnData
from .doors import act, use, using
from .outward import disclose
from .together import disclose_each
from .use import Use, current_use

__all__ = [
    "EACH", "SYSTEM", "VISITOR", "Actor", "Ground", "OwnData", "Use", "act", "current_use", "disclose", "disclose_each",
    "use", "using",
]  # fmt: skip
