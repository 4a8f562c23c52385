"""Programs rewritten, before code is written, so that nothing overflows or cancels far out.

Each rule is a function whose docstring is its law; `rewriting.RULES` has them by name. They act on the
equations, so that every back end shares them, and the formula that is printed stays as it was derived.
"""

from symderive.codegen.stable.programs import stabilised

__all__ = ["stabilised"]
