"""How people write problems: symbolic arrays with NumPy's own syntax, and the same syntax as text."""
