"""Derivative rules, the chain rule over programs, and the laws that simplify what they give."""
