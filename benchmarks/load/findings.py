"""What is found afterwards: what the callers know, held against the database and the workers."""

from collections import Counter
from statistics import fmean

from .callers import Ledger
from .servers import HELD, Reading, Site

MEMORY_GROWTH_MB = 8
"""How much more memory a worker may have after a minute: what its heap is split up into, no leak of calls."""

ROOM = 16
"""How many more threads, files and connections there may be: what a pool had no need to open before, and what
Python has not collected yet. What leaks with each call is more, also in a short run."""


def faults_of(ledger: Ledger, site: Site) -> list[str]:
    """Each way in which what the server said and what the database has differ."""
    faults = list(ledger.wrong)
    made = Counter(key for (key,) in site.rows("SELECT key FROM project_item WHERE key NOT LIKE '%-first-%'"))
    twice = [key for key, times in made.items() if times > 1]
    faults += [f"made {made[key]} times: {key}" for key in twice]
    faults += [f"acknowledged and not there: {key}" for key in set(ledger.acknowledged) - made.keys()]
    faults += [f"refused and there: {key}" for key in set(ledger.refused) & made.keys()]
    known = {*ledger.acknowledged, *ledger.unknown}
    return faults + [f"there, and nobody knows of it: {key}" for key in made.keys() - known - set(ledger.refused)]


def faults_of_audit(ledger: Ledger, site: Site) -> list[str]:
    """Each call that is not recorded as its caller knows it; of those without an answer only their number counts."""
    sql = "SELECT username, name, outcome, count(*) FROM drf_mcp_call WHERE method = 'tools/call' GROUP BY 1, 2, 3"
    recorded = Counter({(user, tool, outcome): number for user, tool, outcome, number in site.rows(sql)})
    missing = ledger.calls - recorded
    surplus = recorded - ledger.calls
    faults = []
    for user, tool in {key[:2] for key in missing.keys() | surplus.keys()}:
        unknown = missing.pop((user, tool, "?"), 0)
        lost = sum(number for key, number in missing.items() if key[:2] == (user, tool))
        more = sum(number for key, number in surplus.items() if key[:2] == (user, tool))
        if lost or more != unknown:
            faults.append(f"{user} {tool}: {lost} calls not recorded, {more - unknown} recorded that were none")
    return faults


def faults_of_hearing(ledger: Ledger) -> list[str]:
    """What was acknowledged and its listener did not hear of, and what one heard of that nobody had changed."""
    first: dict[str, float] = {}
    for update in ledger.watched_updates():
        first[update.uri] = min(update.began, first.get(update.uri, update.began))
    unheard = {uri: delays.count(None) for uri, delays in ledger.delays().items()}
    faults = [f"heard of none of {number} updates: {uri}" for uri, number in unheard.items() if number]
    for uri, times in ledger.heard.items():
        early = sum(ledger.watched[uri] <= at < first.get(uri, float("inf")) for at in times)
        if early:
            faults.append(f"heard of {early} times before anybody changed it: {uri}")
    return faults


def faults_of_leaks(before: Reading, after: Reading, samples: list[Reading]) -> list[str]:
    """What the workers hold after the load and did not before it."""
    faults = [
        f"{name}: {getattr(before, name)} before, {getattr(after, name)} after"
        for name in HELD
        if getattr(after, name) > getattr(before, name) + ROOM
    ]
    if before.memory.keys() != after.memory.keys():
        faults.append(f"workers {sorted(before.memory)} before, {sorted(after.memory)} after")
    for pid, grown in growth(samples).items():
        if grown > MEMORY_GROWTH_MB:
            faults.append(f"memory of worker {pid}: {grown:.1f} MB more in the last third than in the first")
    return faults


def growth(samples: list[Reading]) -> dict[int, float]:
    """By worker, how many MB more it had in the last third of the time than in the first."""
    third = max(1, len(samples) // 3)
    first, last = samples[:third], samples[-third:]
    return {
        pid: fmean(each.memory.get(pid, 0) for each in last) - fmean(each.memory.get(pid, 0) for each in first)
        for pid in (samples[0].memory if samples else {})
    }
