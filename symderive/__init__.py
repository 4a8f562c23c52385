"""symderive derives, checks, costs and typesets the mathematics of machine learning."""
