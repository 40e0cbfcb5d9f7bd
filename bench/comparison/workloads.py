"""The requests to every service, and their concurrency."""

from typing import NamedTuple


class Workload(NamedTuple):
    """`kind` is what load.lua generates: get, list, search or post; `rows` is the number of ids it requests, all of them when 0."""

    name: str
    title: str
    kind: str
    connections: int = 64
    rows: int = 0


WORKLOADS = {
    workload.name: workload
    for workload in [
        Workload("get", "GET by id", "get"),
        Workload("again", "GET again", "get", rows=64),
        Workload("list", "list 20", "list"),
        Workload("search", "search", "search"),
        Workload("few", "search, 5 matches", "search", 8),
        Workload("none", "search, no match", "search", 8),
        Workload("post1", "POST ×1", "post", 1),
        Workload("post16", "POST ×16", "post", 16),
        Workload("post64", "POST ×64", "post", 64),
    ]
}
EXPLAINED = """\
GET by id: one random book of all. GET again: one of 64 that were read before. list 20: twenty books after a random id. search:
the first twenty books whose author contains a term that 0.1 to 1 % of them contain, in any case; all of them over 64
connections. Then terms that five books contain, and none, over 8, because a scan takes long. Hardly any search is repeated.
POST: one more book with a unique ISBN, over this many connections, acknowledged when it is on the disk."""
