"""Less than everything: what is left of the tools for an endpoint, a token, a scope or a client that asks for less."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Which tools are left, by name and by whether they only read. It never adds any.

    Several apply one after the other, and each may only take away: a tool is left where all allow it.

    Args:
        read_only: Whether only tools that change nothing are left.
        include: Patterns as ``list_*``, of which a name must match one; None for every name.
        exclude: Patterns of which a name may match none.
    """

    read_only: bool = False
    include: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()

    def allows(self, name: str, *, only_reads: bool) -> bool:
        """Whether a tool is left.

        Args:
            name: The tool's name; upper and lower case differ.
            only_reads: Whether it changes nothing, as its ``readOnlyHint`` says.
        """
        if self.read_only and not only_reads:
            return False
        if self.include is not None and not any(fnmatchcase(name, pattern) for pattern in self.include):
            return False
        return not any(fnmatchcase(name, pattern) for pattern in self.exclude)


EVERYTHING = Narrowing()
"""The narrowing that takes nothing away."""
