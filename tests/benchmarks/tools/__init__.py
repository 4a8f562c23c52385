"""One file per tool: `DISTRIBUTION`, `PRINTS` and `TASKS`, a name to a function that derives and prints.

A file imports its tool when it is imported; only the call of a task is timed. A task is written as the users
of the tool write it.
"""
