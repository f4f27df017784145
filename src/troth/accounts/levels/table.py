"""The settings of security, as data: what each is, what the three levels say, and where it takes hold.

clause: security.settings.  The figures of the levels are argued in decision 0043.
"""

from dataclasses import dataclass

from .orders import Fewer, Networks, Value, Words

LEVELS = {"basic": "Basic", "standard": "Standard", "high": "High"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One row.  `values` are those of the levels, `floor` what holds where nobody chose anything.

    `where` names the code that enforces it.  `is_needed_at` is a level that says only that something must be named.
    """

    key: str
    label: str
    says: str
    order: Words | Fewer | Networks
    values: tuple[Value, Value, Value]
    floor: Value
    where: str
    is_needed_at: str = ""

    def of_level(self, level: str) -> Value:
        return self.values[list(LEVELS).index(level)]


SETTINGS: dict[str, Setting] = {row.key: row for row in (
    Setting(
        "second_factor", "Second step at sign-in", "Who needs an app or a passkey beside the password.",
        Words({"optional": "whoever wants to", "managers": "owners and administrators", "everybody": "everybody"}),
        ("optional", "managers", "everybody"), "optional", "troth.accounts.wall:Wall",
    ),
    Setting(
        "passkeys", "Passkeys only", "Whether a password is enough, or only a passkey opens your company.",
        Words({"no": "a password will do", "yes": "only a passkey"}),
        ("no", "no", "yes"), "no", "troth.accounts.wall:Wall",
    ),
    Setting(
        "device", "Bound to the device", "Whether a session needs a browser that shows by a key which device it is on.",
        Words({"offered": "where the browser can", "needed": "only in browsers that can"}),
        ("offered", "offered", "offered"), "offered", "troth.accounts.wall:Wall",
    ),
    Setting(
        "networks", "Where people come from", "The networks from which people and programs of yours get in.",
        Networks(), (None, None, None), None, "troth.accounts.wall:Wall", is_needed_at="high",
    ),
    Setting(
        "idle", "Time away", "How long somebody can be away before they have to sign in again.",
        Fewer("minute", "minutes", 5, 60), (60, 30, 15), 60, "troth.accounts.sessions:SessionLimits",
    ),
    Setting(
        "longest", "Longest session", "After how long a session ends, however busy it is.",
        Fewer("hour", "hours", 1, 24), (24, 12, 8), 12, "troth.accounts.sessions:SessionLimits",
    ),
    Setting(
        "moves", "Change of the mark", "How old the mark of a session becomes before the next one takes its place.",
        Fewer("minute", "minutes", 1, 15), (15, 5, 1), 5, "troth.accounts.families:due",
    ),
    Setting(
        "grace", "Late requests", "How long a request that was under way may still show the mark before.",
        Fewer("second", "seconds", 5, 60), (30, 10, 5), 10, "troth.accounts.families:look",
    ),
    Setting(
        "sessions", "Sessions at once", "In how many browsers one person can be signed in; the oldest ends first.",
        Fewer("session", "sessions", 1, 20), (20, 5, 2), 20, "troth.accounts.signins:end_beyond",
    ),
    Setting(
        "alerts", "Who is warned",
        "Who gets a mail when somebody signs in from an unknown browser, or a session was copied.",
        Words({"person": "the person", "owners": "the person, and the company’s owners"}),
        ("person", "owners", "owners"), "person", "troth.accounts.signins:warn_owners",
    ),
    Setting(
        "support", "Our support", "How our support staff look at what you asked them to.",
        Words({
            "request": "until the request ends", "day": "within a day of the request",
            "each": "after one of your managers said yes, for an hour",
        }),
        ("request", "day", "each"), "request", "troth.apps.support.looking:Way",
    ),
    Setting(
        "export", "Taking records along", "What it takes to download a collection, or the answer of a query.",
        Words({
            "signed-in": "to be signed in", "confirmed": "to confirm that it is you",
            "second": "a second person’s yes as well",
        }),
        ("confirmed", "confirmed", "second"), "signed-in", "troth.workspaces.taking_along:asked_first",
    ),
    Setting(
        "files", "Kinds of files", "What can be uploaded, told by what a file holds and not by its name.",
        Words({"any": "anything", "known": "kinds that we know", "documents": "text, tables, PDF and pictures"}),
        ("any", "known", "documents"), "any", "troth.apps.files.limits:must_be_taken",
    ),
    Setting(
        "trash", "Trash", "How long a deleted file can be fetched back before it is gone.",
        Fewer("day", "days", 1, 30), (30, 14, 7), 30, "troth.apps.files.jobs:tidy",
    ),
    Setting(
        "key_days", "Age of keys", "How old a key for programs can become; older ones let nobody in.",
        Fewer("day", "days", 1, 366), (365, 90, 30), 366, "troth.apps.api.keys:stands",
    ),
)}  # fmt: skip
