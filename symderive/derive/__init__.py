"""From a symbolic array to a verified derivation: the thin room that composes the others."""
