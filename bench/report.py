"""The figures as tables between the markers of docs/performance.md, and as plots beside it."""

from pathlib import Path
from typing import Any

from bench import processes, svg

DOCS = processes.ROOT / "docs"
PAGE = DOCS / "performance.md"
BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"
JOBS = {"me": "GET /api/fans/me", "initiate": "POST /api/calls/initiate"}


def write(found: dict[str, Any]) -> None:
    """Into the page, in place of what stood there. Raises ValueError when the page has lost its markers."""
    put(PAGE, table(found))
    pictures = DOCS / "pictures"
    for name, plot in plots(found).items():
        (pictures / f"performance-{name}.svg").write_text(plot)


def put(page: Path, text: str, begins: str = BEGIN, ends: str = END) -> None:
    before, begin, rest = page.read_text().partition(begins)
    _, end, after = rest.partition(ends)
    if not begin or not end:
        raise ValueError(f"{page} has lost its markers")
    page.write_text(f"{before}{begins}\n{text}\n{ends}{after}")


def table(found: dict[str, Any]) -> str:
    """Every part that was measured."""
    shown = [_machine(found["machine"])]
    shown += [tell(found) for name, tell in _PARTS.items() if name in found]
    return "\n\n".join(shown)


def _machine(m: dict[str, Any]) -> str:
    ours = ", ".join(f"{name} {version}" for name, version in m["packages"].items())
    peer = ", ".join(f"{name} {version}" for name, version in m["peer"].items())
    return (
        f"{m['cores']} cores of {m['cpu']}, {m['memory_gib']} GiB, {m['system']};"
        f" load average {m['load_average']} at the start; {m['split']}."
        f" Python {m['python']}, PostgreSQL {m['postgresql']}, {ours}."
        f" Peer: Node {m['node']}, {peer}."
    )


def _rows(head: str, rows: list[str]) -> str:
    columns = head.count("|") - 1
    return "\n".join([head, "|---" + "|--:" * (columns - 1) + "|", *rows])


def _compare(found: dict[str, Any]) -> str:
    rows = []
    for job, name in JOBS.items():
        one, over = found["compare"][job], found["overload"][job]
        for label, who in (("Stagedoor", one["ours"]), ("Express peer", one["peer"])):
            rows.append(
                f"| {name}, {label} | {who['per_second']:,.0f} | {who['per_core_second']:,.0f} |"
                f" {who['database_us']:,.0f} | {who['p95'] * 1e3:.0f} | {who['errors']:.0f} |"
            )
        rows.append(
            f"| {name}, the database by itself | {one['limit_per_second']:,.0f} | – | {one['limit_database_us']:,.0f}"
            " | – | – |"
        )
        rows.append(
            f"| {name}, **ratio to the peer** | {one['ratio_throughput']:.2f} | **{one['ratio']:.2f}**"
            f" ({min(one['ratios']):.2f}–{max(one['ratios']):.2f}) | | | |"
        )
        rows.append(
            f"| {name}, at {over['rate']:,.0f}/s: twice what saturates the peer | {over['good']:,} answered | | |"
            f" {over['p95'] * 1e3:.0f} | {over['errors']} |"
        )
    head = "| Request | a second | a second of the server's CPU | database CPU, µs | p95, ms | errors |"
    return "### Requests\n\n" + _rows(head, rows) + "\n\n![Requests per core-second](pictures/performance-requests.svg)"


def _rings(found: dict[str, Any]) -> str:
    rows = []
    for name in ("idle", "busy"):
        one = found["rings"][name]
        shown = " | ".join(f"{one[key] * 1e3:.1f}" for key in ("p50", "p95", "p99"))
        rows.append(f"| {one['live']} calls running | {one['count']} | {shown} |")
    return (
        "### From initiate to the ring\n\n"
        + _rows("| Beside | rings | p50, ms | p95, ms | p99, ms |", rows)
        + ("\n\n![Initiate to ring](pictures/performance-rings.svg)")
    )


def _sockets(found: dict[str, Any]) -> str:
    one = found["sockets"]
    return (
        f"### Sockets\n\n{one['count']:,} sockets: {one['kib_each']:.0f} KiB each,"
        f" {one['idle_core_share']:.1%} of a core for all while they are idle, {one['lost']} lost."
        f" One ring reaches {one['fan_out']['sockets']:,} sockets {one['fan_out']['all'] * 1e3:.0f} ms after it was"
        f" asked for, the last {one['fan_out']['spread'] * 1e3:.0f} ms after the first."
    )


def _cycles(found: dict[str, Any]) -> str:
    one = found["cycles"]
    return (
        f"### Whole calls\n\nRing, accept, media on both sides, end, bill: {one['per_second']:.1f} a second"
        f" ({one['cycles']} of them, {len(one['wrong'])} wrong bills, {one['audit']} ledger violations). Each costs"
        f" {one['server_ms']:.1f} ms of the server's CPU, {one['database_ms']:.1f} ms of the database's,"
        f" {one['wal_bytes'] / 1024:.0f} KiB of write-ahead log and {one['stored_bytes'] / 1024:.1f} KiB of storage."
    )


def _growth(found: dict[str, Any]) -> str:
    stages = found["growth"]
    labels = [stage["label"] for stage in stages]
    rows = []
    for name, read in _FIGURES.items():
        rows.append(f"| {name} | " + " | ".join(f"{read(stage):,.1f}" for stage in stages) + " | |")
    for name in stages[0]["costs"]:
        costs = [stage["costs"][name] for stage in stages]
        shown = " | ".join(f"{cost['buffers']:.0f} ({cost['ms']:.2f} ms)" for cost in costs)
        ratio = max(cost["buffers"] for cost in costs) / max(1.0, costs[0]["buffers"])
        rows.append(f"| {name}: buffers (time) | {shown} | {ratio:.2f} |")
    head = "| | " + " | ".join(labels) + " | largest to smallest |"
    plot = "\n\n![Growth](pictures/performance-growth.svg)" if len(stages) > 1 else ""
    return "### Growth\n\n" + _rows(head, rows) + plot


_PARTS = {"compare": _compare, "rings": _rings, "sockets": _sockets, "cycles": _cycles, "growth": _growth}
_FIGURES: dict[str, Any] = {
    "me, a second": lambda stage: stage["me"]["per_second"],
    "me, a second of the server's CPU": lambda stage: stage["me"]["per_core_second"],
    "initiate, a second": lambda stage: stage["initiate"]["per_second"],
    "initiate, database CPU µs": lambda stage: stage["initiate"]["database_us"],
    "whole calls, a second": lambda stage: stage["cycles"]["per_second"],
    "database, GiB": lambda stage: stage["rows"]["bytes"] / 2**30,
}


def plots(found: dict[str, Any]) -> dict[str, str]:
    drawn: dict[str, str] = {}
    if "compare" in found:
        series = {
            name: [found["compare"][job][key]["per_core_second"] for job in JOBS]
            for name, key in (("Stagedoor", "ours"), ("Express peer", "peer"))
        }
        drawn["requests"] = svg.bars("Requests per second of the server's CPU", list(JOBS.values()), series, "")
    if "rings" in found:
        keys = ("p50", "p95", "p99")
        latency = {f"{one['live']} calls running": [one[key] * 1e3 for key in keys] for one in found["rings"].values()}
        drawn["rings"] = svg.bars("From initiate to the ring", list(keys), latency, " ms")
    if len(found.get("growth", [])) > 1:
        names = list(_FIGURES)[:3:2]
        growth = {stage["label"]: [_FIGURES[name](stage) for name in names] for stage in found["growth"]}
        drawn["growth"] = svg.bars("Requests a second as the tables grow", names, growth, "")
    return drawn
