"""One hypothesis profile: no deadlines, since tests never depend on time; the same examples in CI."""

import os
import signal

from hypothesis import settings

# A shell ignores Ctrl-C in what it puts into the background, and children inherit that: tests that
# send it would test nothing.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

settings.register_profile("shiyi", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("shiyi")
