#!/usr/bin/env python3
"""Compares Bookplate with other services that do the same, and with the minimum cost of such a service.

    bench/compare.py                        everything, about an hour; writes bench/RESULTS.md
    bench/compare.py --rows 1000000         and how cost grows from 100 000 books to a million
    bench/compare.py --quick                whether Bookplate, SeaORM's example and limit A answer the same on SQLite, limit A with
                                            the same bytes and headers, and lose nothing, in two minutes; unoptimised, so that its
                                            figures compare nothing
    bench/compare.py --peers bookplate,limit_a --database sqlite --only get,list

Builds the services, creates databases of 100 000 books, and starts every service on one core with a fresh copy of them. The
responses are checked before they are timed; wrong ones end with status 1. Services that cannot be built here are shown as absent. A
partial run only prints. Needs Linux, cargo and wrk; for the services in Python and JavaScript python3-venv and Node.js,
for PostgreSQL its server's programs. All generated files are in target/bench.
"""

import argparse
import json
import os
import shutil
import signal
import statistics
import sys

from comparison import books, databases, machine, peers, process, report
from comparison.measure import Bench
from comparison.workloads import WORKLOADS

ROWS = 100_000
GROWING = ("seaorm", "bookplate", "bookplate_uncached", "limit_a", "limit_pg")


def chosen(text, known, what):
    """The names in `text`, separated by commas."""
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in known:
            sys.exit(f"there is no {what} `{name}`; there are {', '.join(known)}")
    return [name for name in known if name in names]


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="three services on SQLite, debug builds, one round of two seconds")
    parser.add_argument("--rows", type=int, help="measure growth too: up to this many books")
    parser.add_argument("--rounds", type=int, help="3, or 1 with --quick")
    parser.add_argument("--seconds", type=float, help="of load for each figure: 5, or 2 with --quick")
    parser.add_argument("--peers", default="", help=f"with commas: {', '.join(peers.PEERS)}")
    parser.add_argument("--database", choices=report.TITLES, help="only this one")
    parser.add_argument("--only", default="", help=f"work, with commas: {', '.join(WORKLOADS)}")
    parser.add_argument("--profile", help="cargo's: release, or dev with --quick")
    parser.add_argument("--nice", type=int, default=0, help="of server, load and PostgreSQL; -10, as root, takes precedence over other work")
    parser.add_argument("--report", action="store_true", help="only the tables of the last run")
    arguments = parser.parse_args()
    if arguments.rows is not None and arguments.rows < 10 * books.RARE_ROWS:
        parser.error(f"--rows is {arguments.rows}, expected {10 * books.RARE_ROWS} or more")
    arguments.rounds = arguments.rounds or (1 if arguments.quick else 3)
    arguments.seconds = arguments.seconds or (2 if arguments.quick else 5)
    arguments.profile = arguments.profile or ("dev" if arguments.quick else "release")
    everything = not (arguments.quick or arguments.peers or arguments.database or arguments.only)
    arguments.peers = chosen(arguments.peers, peers.PEERS, "service") or list(peers.QUICK if arguments.quick else peers.PEERS)
    arguments.only = chosen(arguments.only, WORKLOADS, "work") or list(WORKLOADS)
    arguments.databases = [arguments.database] if arguments.database else ["sqlite"] if arguments.quick else list(report.TITLES)
    return arguments, everything


def two_cores():
    """A core for the server and one for the load."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        print("only one core: server and load share it, and requests per second mean little", file=sys.stderr)
    return cores[0], cores[-1]


def built_with(profile):
    """A sentence about the builds."""
    warning = ", which does not optimise: the figures compare nothing" if profile == "dev" else ""
    return f"Built with cargo's profile `{profile}`{warning}."


def require_tools():
    if sys.platform != "linux":
        sys.exit("this needs Linux: it reads /proc and binds processes to cores")
    for tool, way in (("wrk", "apt-get install wrk, or https://github.com/wg/wrk"), ("taskset", "apt-get install util-linux")):
        if not shutil.which(tool):
            sys.exit(f"`{tool}` is missing; install it ({way})")


def round_of(bench, database, sizes, names, results):
    """Every service once, at every size; true when a response was wrong or a server did not start."""
    failed = False
    for name in names:
        peer = peers.PEERS[name]
        for rows, terms in sizes.items():
            if database.name not in peer.databases or (rows != ROWS and name not in GROWING):
                continue
            found = results["figures"][database.name].setdefault(str(rows), {})
            try:
                figures = bench.measure(peer, database, rows, terms)
            except process.NotStarted as reason:
                figures = {"wrong": [str(reason)]}
            if "wrong" in figures:
                failed = True
                results["absent"][name] = f"wrong on {database.title}, as shown above the tables"
                print(f"{name} on {database.title}:", *figures["wrong"][:5], sep="\n  ", file=sys.stderr)
                break
            found.setdefault(name, []).append(figures)
            print(f"{name} on {database.title}, {rows} books: " + ", ".join(
                f"{workload} {work['rps']:.0f}/s {work['cpu_us'] + work['postgres_us']:.0f} µs"
                for workload, work in figures["work"].items()), file=sys.stderr, flush=True)
    return failed


def tables(results):
    """The whole report, paragraph by paragraph."""
    workloads = results["workloads"]
    everyone = [rounds for sizes in results["figures"].values() for names in sizes.values() for rounds in names.values()]
    others = [work["others"] for rounds in everyone for figures in rounds for work in figures["work"].values()]
    yield "# Bookplate compared with other services"
    yield "Written by `bench/compare.py`; [PROFILE.md](PROFILE.md) shows where the time is spent."
    yield "\n".join(f"- {line}" for line in results["machine"])
    yield from report.notes(results["rounds"], results["seconds"])
    if others:
        yield f"Other work used {statistics.median(others):.2f} cores while it was measured (the median; at most {max(others):.2f})."
    if results["missing"]:
        yield f"PostgreSQL is absent: {results['missing']}."
    for database, sizes in results["figures"].items():
        here = [name for name in results["absent"] if database in peers.PEERS[name].databases]
        absent = {name: results["absent"][name] for name in here}
        found = {rows: report.Figures(names, absent if rows == str(ROWS) else {}, workloads) for rows, names in sizes.items()}
        if str(ROWS) in found:
            yield from report.comparison(database, found[str(ROWS)], compares=results.get("profile") != "dev")
        for rows, figures in found.items():
            if rows != str(ROWS):
                yield from report.growth(database, found[str(ROWS)], figures, (ROWS, int(rows)))


def main():
    arguments, everything = read_arguments()
    saved = peers.PLACE / "results.json"
    if arguments.report:
        if not saved.exists():
            sys.exit("there has been no run yet")
        print("\n\n".join(tables(json.loads(saved.read_text()))))
        return
    require_tools()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # So that servers are stopped and directories removed.
    peers.PLACE.mkdir(parents=True, exist_ok=True)
    absent = peers.build(arguments.peers, arguments.profile)
    if "bookplate" in absent:
        sys.exit(f"Bookplate itself: {absent['bookplate']}")
    built = peers.Built(peers.TARGET / ("debug" if arguments.profile == "dev" else arguments.profile))
    bench = Bench(built, two_cores(), arguments.nice, arguments.seconds, arguments.only)
    sizes = {rows: books.terms(rows) for rows in sorted({ROWS, arguments.rows or ROWS})}
    cores, postgres = os.sched_getaffinity(0), databases.binaries()
    if "postgres" in arguments.databases and not postgres:
        missing = "its server's programs are missing (Debian: apt-get install postgresql)"
        arguments.databases.remove("postgres")
    else:
        missing = ""
    results = {
        "machine": [*machine.machine(cores, postgres), built_with(arguments.profile)],
        "profile": arguments.profile,
        "rounds": arguments.rounds,
        "seconds": arguments.seconds,
        "workloads": arguments.only,
        "missing": missing,
        "absent": absent,
        "figures": {},
    }
    failed, program = False, built.programs / "bookplate"
    for name in arguments.databases:
        if name == "sqlite":
            database = databases.Sqlite(peers.PLACE, program)
        else:
            database = databases.Postgres(peers.PLACE, program, arguments.nice)
        results["figures"][name] = {}
        try:
            for _ in range(arguments.rounds):
                present = [peer for peer in arguments.peers if peer not in results["absent"]]
                failed |= round_of(bench, database, sizes, present, results)
                saved.write_text(json.dumps(results))
        finally:
            database.close()
    text = "\n\n".join(tables(results))
    print(text)
    if everything and not failed:
        (peers.BENCH / "RESULTS.md").write_text(text + "\n")
    if failed or (arguments.quick and absent):
        sys.exit("an answer was wrong, a server did not start, or one could not be built; see above")


if __name__ == "__main__":
    main()
