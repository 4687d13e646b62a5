"""What every official client hears of the speaking project."""

from __future__ import annotations

from typing import Any

HEARD: dict[str, Any] = {
    "progress": [{"progress": n, "total": 3, "message": f"Step {n}"} for n in (1, 2, 3)],
    "logs": ["Counting"],
    "questions": ["Your name?", "Your name?\nname: Ensure this field has no more than 20 characters."],
    "counted": {"counted": 3},
    "asked": {"name": "Ann"},
}
