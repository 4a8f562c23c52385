"""How many examples a property test draws: 200 programs in CI, 2,000 at night, the others in proportion."""

from __future__ import annotations

from hypothesis import settings

CI, NIGHTLY = 200, 2000


def examples(count: int) -> int:
    """`count` in the profile of CI, in proportion in another one."""
    return max(1, count * settings().max_examples // CI)
