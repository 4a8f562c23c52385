"""The syntax tree of a text that a user wrote, and where in the text a piece of it stands."""

from __future__ import annotations

import ast
import re
import textwrap
import warnings

from symderive.errors import SymderiveError

LONGEST = 10_000  # characters
DEEPEST = 120  # nested operations
_STATEMENTS = re.compile(
    r"^\s*(?:def|return|for|if|while|with|import|from|del|class|assert|pass)\b"
    r"|^[\w,\s\[\]]+[-+*/@]?=[^=]|;\s*\S",
    re.M,
)


class Text:
    """A text with its tree: an expression, or several statements."""

    def __init__(self, text: str, what: str) -> None:
        """Read the syntax of a text.

        Args:
            text: one expression, which may go over several lines, or Python statements.
            what: what the text is, for messages.

        Raises:
            SymderiveError: not text, not Python's syntax, too long or too deep.
        """
        if not isinstance(text, str):
            raise SymderiveError(f"reading {what}: it is a {type(text).__name__}, not text.")
        if len(text) > LONGEST:
            raise SymderiveError(
                f"reading {what}: {len(text)} characters are more than the {LONGEST} allowed."
            )
        if not text.strip():
            raise SymderiveError(f"reading {what}: it is empty; write for example np.sum(w**2).")
        self.what = what
        self.statements: list[ast.stmt] = []
        self.expression: ast.expr | None = None
        plain = textwrap.dedent(text).strip("\r\n\t ") if "\n" not in text.strip() else textwrap.dedent(text)
        # A line break inside brackets is none, so the brackets let an expression go over several lines.
        self.source, self.shift = f"({plain}\n)", 1
        if _STATEMENTS.search(plain) and not plain.lstrip().startswith("lambda"):
            self.source, self.shift = plain, 0
            self.statements = list(getattr(self._tree("exec"), "body", ()))
        else:
            self.expression = getattr(self._tree("eval"), "body", None)
        self._refuse_depth()

    def _tree(self, mode: str) -> ast.AST:
        too_deep = (
            f"reading {self.what}: more than {DEEPEST} operations are nested; name intermediate results."
        )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.source, mode=mode)
        except SyntaxError as error:
            if "nested" in str(error.msg) or "digits" in str(error.msg):
                raise SymderiveError(f"reading {self.what}: {error.msg}.") from None
            raise self._misspelt(error) from None
        except (RecursionError, MemoryError):
            raise SymderiveError(too_deep) from None
        except ValueError as error:
            raise SymderiveError(f"reading {self.what}: {error}.") from None

    def _misspelt(self, error: SyntaxError) -> SymderiveError:
        plain = self.source[1:-2] if self.shift else self.source
        row, column = error.lineno or 1, error.offset or 1
        if self.shift:  # Python's own complaint about the text without the brackets around it
            try:
                ast.parse(plain.replace("\n", " "), mode="eval")
            except SyntaxError as found:
                error, before = found, plain[: (found.offset or 1) - 1]
                row, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
            except (ValueError, RecursionError, MemoryError):
                pass
        lines = plain.split("\n")
        line = lines[min(row, len(lines)) - 1]
        near = line[max(column - 1, 0) : column + 19]
        return _at(
            f'reading {self.what}: {error.msg}, at {self._numbered(row, column)}: "{near}".', line, column
        )

    def _refuse_depth(self) -> None:
        roots: list[ast.AST] = (
            [*self.statements] or [self.expression] if self.expression else [*self.statements]
        )
        stack = [(root, 1) for root in roots]
        while stack:
            node, depth = stack.pop()
            if depth > DEEPEST:
                raise SymderiveError(
                    f"reading {self.what}: more than {DEEPEST} operations are nested; "
                    "name intermediate results."
                )
            stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))

    def _numbered(self, row: int, column: int) -> str:
        several = self.source.rstrip("\n)").count("\n")
        return f"line {row}, column {column}" if several else f"column {column}"

    def error(
        self, node: ast.AST, message: str, kind: type[SymderiveError] = SymderiveError
    ) -> SymderiveError:
        """An error that points at the place in the text."""
        end = "" if message.endswith(("?", ".")) else "."
        _, line, column = self._position(node)
        return _at(f"reading {self.what}, {self.place(node)}: {message}{end}", line, column, kind)

    def place(self, node: ast.AST) -> str:
        """The column (and line), counted in characters from 1, and the text that stands there."""
        row, line, column = self._position(node)
        if not row:
            return "somewhere"
        part = ast.get_source_segment(self.source, node) or line[column - 1 :]
        part = " ".join(part.split())
        return f'{self._numbered(row, column)}, "{part if len(part) <= 40 else part[:37] + "..."}"'

    def _position(self, node: ast.AST) -> tuple[int, str, int]:
        row, offset = getattr(node, "lineno", 0), getattr(node, "col_offset", 0)
        if not row:
            return 0, "", 0
        whole = self.source.split("\n")[row - 1]
        before = len(whole.encode()[:offset].decode(errors="replace"))
        cut = self.shift if row == 1 else 0
        return row, whole[cut:], before + 1 - cut


def _at(sentence: str, line: str, column: int, kind: type[SymderiveError] = SymderiveError) -> SymderiveError:
    """An error that also carries the line and the column, so that the command line can point with a caret."""
    error = kind(sentence)
    error.pointer = (line, column)
    return error


__all__ = ["DEEPEST", "LONGEST", "Text"]
