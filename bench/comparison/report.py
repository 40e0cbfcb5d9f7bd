"""The figures as tables in Markdown. Medians of the rounds everywhere."""

import statistics

from .peers import PEERS
from .workloads import EXPLAINED, WORKLOADS

REFERENCES = {"sqlite": "limit_a", "postgres": "limit_pg"}
TITLES = {"sqlite": "SQLite", "postgres": "PostgreSQL"}
# The targets of Bookplate, as a ratio of requests per second: against which service, in which workload, how much.
TARGETS = {
    "sqlite": [
        ("limit_a", "get", 1.0), ("seaorm", "get", 5.0), ("flask", "get", 50.0), ("limit_b", "again", 0.8), ("limit_a", "list", 1.0),
        ("best", "search", 8.0), ("best", "few", 100.0), ("best", "none", 100.0), ("limit_a", "post1", 0.9), ("limit_a", "post16", 0.9),
        ("limit_a", "post64", 0.9), ("seaorm", "post1", 1.4), ("seaorm", "post16", 8.0), ("seaorm", "post64", 14.0),
    ],
    "postgres": [
        ("limit_pg", "get", 0.8), ("limit_pg", "post64", 0.8), ("best", "search", 10.0), ("best", "few", 100.0), ("best", "none", 100.0),
    ],
}
# The upper limits: MB, MB, milliseconds.
BOUNDS = [("idle_mb", "idle RSS, MB", 20), ("loaded_mb", "loaded RSS, MB", 80), ("cold_ms", "cold start, ms", 50)]
GROWTH = 1.3


def number(value):
    """Three digits of it, or all before the decimal point."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def times(value):
    return "" if value is None else f"{number(value)}×"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)])


class Figures:
    """The results for one size of one database: rounds of every service, by name, and why some are absent."""

    def __init__(self, rounds, absent, workloads):
        self.rounds, self.absent, self.workloads = rounds, absent, workloads
        self.names = [name for name in PEERS if name in rounds or name in absent]
        self.present = [name for name in self.names if rounds.get(name)]

    def values(self, name, workload, figure):
        return [work["work"][workload][figure] for work in self.rounds.get(name, []) if workload in work["work"]]

    def middle(self, name, workload, figure):
        values = self.values(name, workload, figure)
        return statistics.median(values) if values else None

    def cost(self, name, workload):
        """CPU µs per request, including PostgreSQL's."""
        pairs = zip(self.values(name, workload, "cpu_us"), self.values(name, workload, "postgres_us"))
        costs = [own + postgres for own, postgres in pairs]
        return statistics.median(costs) if costs else None

    def ratio(self, workload, other):
        """Bookplate's requests a second as a multiple of another's, and the other's CPU time as a multiple of Bookplate's."""
        def of(above, below):
            return above / below if above is not None and below else None

        own, theirs = self.middle("bookplate", workload, "rps"), self.middle(other, workload, "rps")
        return of(own, theirs), of(self.cost(other, workload), self.cost("bookplate", workload))

    def best(self, workload):
        """The fastest service that is neither Bookplate nor a limit."""
        others = [name for name in self.present if not name.startswith(("bookplate", "limit"))]
        return max(others, key=lambda name: self.middle(name, workload, "rps") or 0, default=None)

    def rows(self, cell):
        for name in self.names:
            if name in self.absent:
                yield [PEERS[name].title, f"absent: {self.absent[name]}", *[""] * (len(self.workloads) - 1)]
            else:
                yield [PEERS[name].title, *(cell(name, workload) for workload in self.workloads)]

    def requests(self, name, workload):
        values = self.values(name, workload, "rps")
        if not values:
            return ""
        broken = sum(self.values(name, workload, "broken"))
        unsteady = " ~" if max(values) - min(values) > 0.25 * statistics.median(values) else ""
        return number(statistics.median(values)) + unsteady + (f" !{broken}" if broken else "")

    def waits(self, name, workload):
        return " / ".join(number(self.middle(name, workload, figure)) for figure in ("p50", "p99"))

    def costs(self, name, workload):
        postgres = self.middle(name, workload, "postgres_us")
        more = f" + {number(postgres)}" if postgres else ""
        return number(self.middle(name, workload, "cpu_us")) + more

    def against(self, other, workload):
        requests, cpu = self.ratio(workload, other)
        return times(requests) + (f" ({times(cpu)})" if cpu is not None else "")


def comparison(database, figures, compares):
    """All tables of one database; ratios and targets only of builds whose figures compare."""
    titles = [WORKLOADS[name].title for name in figures.workloads]
    yield f"## {TITLES[database]}"
    yield table(["requests a second", *titles], figures.rows(figures.requests))
    yield table(["p50 / p99, ms", *titles], figures.rows(figures.waits))
    cost = "CPU µs a request" + (", server + PostgreSQL" if database == "postgres" else "")
    yield table([cost, *titles], figures.rows(figures.costs))
    yield table(["", "idle RSS, MB", "loaded RSS, MB", "cold start, ms"], resources(figures))
    if compares and "bookplate" in figures.present:
        others = [name for name in figures.present if name != "bookplate"]
        rows = [[PEERS[name].title, *(figures.against(name, workload) for workload in figures.workloads)] for name in others]
        yield f"### Bookplate against the others on {TITLES[database]}"
        yield "Its requests a second as a multiple of theirs; in brackets their CPU time as a multiple of its own."
        yield table(["Bookplate against", *titles], rows)
        yield f"### Targets on {TITLES[database]}"
        yield table(["work", "against", "target", "requests a second", "CPU time"], targets(database, figures))


def resources(figures):
    for name in figures.present:
        middles = (statistics.median(work[figure] for work in figures.rounds[name]) for figure, _, _ in BOUNDS)
        yield [PEERS[name].title, *(number(value) for value in middles)]


def targets(database, figures):
    for other, workload, factor in TARGETS[database]:
        whom = figures.best(workload) if other == "best" else other
        if workload not in figures.workloads or whom not in figures.present:
            continue
        requests, cpu = figures.ratio(workload, whom)
        who = PEERS[whom].title.split(":")[0] + (" (the best peer)" if other == "best" else "")
        yield [WORKLOADS[workload].title, who, f"≥ {times(factor)}", mark(requests, factor), mark(cpu, factor)]
    for figure, title, bound in BOUNDS:
        value = statistics.median(work[figure] for work in figures.rounds["bookplate"])
        yield [title, "", f"≤ {bound}", f"{number(value)}{'' if value <= bound else ' ✗'}", ""]


def mark(value, factor):
    return times(value) + (" ✗" if value is not None and value < factor else "")


def growth(database, small, large, sizes):
    """The cost of a request in the long table, as a multiple of the cost in the short one."""
    def cell(name, workload):
        below, above = small.cost(name, workload), large.cost(name, workload)
        return f"{number(below)} → {number(above)} ({times(above / below)})" if below and above else ""

    short, long = (f"{size:,}".replace(",", " ") for size in sizes)
    yield f"## Growth on {TITLES[database]}: {short} → {long} books"
    yield f"CPU µs a request in the short and the long table, and their ratio; Bookplate's is to be {GROWTH}× at most."
    rows = [[PEERS[name].title, *(cell(name, workload) for workload in large.workloads)] for name in large.present]
    yield table(["", *(WORKLOADS[name].title for name in large.workloads)], rows)


def notes(rounds, seconds):
    yield EXPLAINED
    yield f"""\
The server runs on one core and wrk on another; services take turns. {rounds} rounds, {seconds:g} s for each figure after a second of
warming up; medians. Every start gets a fresh copy of the database. Responses are checked before they are timed, and afterwards
every acknowledged book is counted. SQLite: WAL and synchronous=FULL; PostgreSQL: its own settings."""
    yield """\
The limits answer with the bytes and headers of Bookplate: A and PG for the same rows, with the same `ETag`, `Link` and cursor, which
is checked when both are in the run, and B with constants. So a ratio to them says what an architecture costs, and not what an answer
contains. They validate nothing, and their table has the index of its authors alone."""
    yield """\
~: rounds differ by more than a quarter. !n: n connections broke or timed out. ✗: short of the target. Ratios inside one table
carry over to other machines, seconds do not."""
