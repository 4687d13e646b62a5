"""The words for an outcome."""

SAME, REFUSAL, FAILURE, DIFFERENT, SLOW = "same data", "same refusal", "same failure", "different", "out of time"
TOLD = "told better"
"""REST answers 500 where the tool says which values the database refused: drf_mcp's documented difference."""
HIDDEN = "hidden, as REST refuses"
"""The caller does not see the tool, and REST answers 401 or 403 to every call of it that was made."""
