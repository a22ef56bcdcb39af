"""One hypothesis profile: no deadlines, since tests never depend on time; the same examples in CI."""

import os

from hypothesis import settings

settings.register_profile("shiyi", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("shiyi")
