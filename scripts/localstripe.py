"""A stand-in for Stripe's servers, on loopback, in an environment of its own: for the tests alone.

    .venv-localstripe/bin/python -P scripts/localstripe.py PORT

`localstripe` is under the GPL: it is neither shipped nor imported by anything of ours, and this is another process.  By
its own command it would listen to the whole network, and keep what it was told in /tmp.  `-P` because this file has its
name.  It forgets everything when it ends.
"""

import sys

from aiohttp import web
from localstripe import resources, server


def main(port: int) -> None:
    """Serve until told to stop."""
    resources.Store.dump_to_disk = lambda store: None
    web.run_app(server.app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]))
