"""The catalogue in the objects of a tool: a file per tool, with `DISTRIBUTION` and `answer`."""
