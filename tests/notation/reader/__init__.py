"""An independent reader of the printed formulas: text or LaTeX → tokens → values.

It knows nothing of how symderive prints; it knows what the signs mean on a blackboard. From loose to tight:
+ and −; Σ, which takes the product behind it; ⊙, ⊘ and /; products without a sign; powers and transposes;
names, calls, brackets.
"""

from tests.notation.reader.latex import from_latex
from tests.notation.reader.meaning import meaning

__all__ = ["from_latex", "meaning"]
