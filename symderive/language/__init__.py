"""How people write problems: symbolic arrays with NumPy's own syntax, and the same syntax as text.

- `array`: `Array`, the symbolic array with NumPy's operators; `array` and `let` make and name them,
  `program_of` gives the equations behind them.
- `dispatch`: which of NumPy's functions apply to symbolic arrays, and what they mean; `linear` and `indexing`
  hold products and indexing, `extras` what only text can call.
- `text`: `parse` reads a formula as text through a white list, `from_function` calls ordinary NumPy code.
- `evaluate`: what a program means, number by number: the reference for everything that is generated.
"""
