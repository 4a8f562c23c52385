"""What all tests share: the profiles of the property tests."""

import os

from hypothesis import HealthCheck, settings

from tests.profiles import CI, NIGHTLY

settings.register_profile("ci", max_examples=CI, deadline=None, derandomize=True)
settings.register_profile(
    "nightly", max_examples=NIGHTLY, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))
