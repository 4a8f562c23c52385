"""What the tests of wrong rules share."""

import pytest

from tests.derive.planted import clear_caches, replaced_rule


@pytest.fixture
def planted(monkeypatch):
    """Replaces the rule of a node, and leaves no cache behind."""

    def plant(kind, wrong):
        clear_caches()
        replaced_rule(monkeypatch, kind, wrong)

    yield plant
    clear_caches()
