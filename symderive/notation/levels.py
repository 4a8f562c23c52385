"""How tightly a piece of a written formula binds, from loose to tight."""

SUM, OPEN, HADAMARD, PRODUCT, POWER, ATOM = 1, 2, 3, 4, 5, 6
