"""Hyper-parameters of a torch module as symbols: places, what follows from them, and a module with them."""
