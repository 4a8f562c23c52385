"""Index equations and programs made of them: the level at which everything is derived."""
