"""Every Python process that a test starts loads this first, so that it has no network either."""

import loopback

loopback.install()
