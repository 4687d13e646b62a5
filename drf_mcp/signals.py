"""The signals that a project can hear. What a receiver raises is logged and costs the caller nothing."""

from __future__ import annotations

from django.dispatch import Signal

call_started = Signal()
"""A method begins; ``call`` is the ``calls.RunningCall``. Receivers run in the thread of the call."""

call_finished = Signal()
"""A method is over, whatever became of it; ``call`` is the ``calls.FinishedCall``. Receivers run in the thread of
the call, behind its transactions and before its answer is sent."""
