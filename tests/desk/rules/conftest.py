"""Property tests with the same examples in every run, and no deadline on slow machines."""

from hypothesis import settings

settings.register_profile("rules", deadline=None, derandomize=True)
settings.load_profile("rules")
