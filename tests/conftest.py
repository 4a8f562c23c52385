"""What all tests share: the profiles of the property tests, and a heap that is searched once."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

from tests.profiles import CI, NIGHTLY

settings.register_profile("ci", max_examples=CI, deadline=None, derandomize=True)
settings.register_profile(
    "nightly", max_examples=NIGHTLY, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


@pytest.fixture(autouse=True, scope="module")
def set_aside():
    """What the caches hold after a file of tests is not searched for garbage again in the next ones."""
    yield
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(items):
    """The files of random programs first: they take longest, and no worker is to wait for them at the end."""
    items.sort(key=lambda item: "test_random" not in item.nodeid)
