"""Uses the program of the copy over HTTP: whether the field, the noun and the endpoint do what those of the project do."""

import contextlib
import http.client
import json
import os
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

HEADERS = "title,author,translated_by,isbn\n"


class Differs(Exception):
    """What was expected, and what came."""


def expect(what, found, expected):
    if found != expected:
        raise Differs(f"{what}: {found!r}, expected {expected!r}")


class Client:
    """Requests to a server of this machine."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, body=None, headers=None, status=200):
        """The headers and the body of a response that has to have a status; JSON is decoded."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = dict(headers or {})
        if body is not None and not isinstance(body, str):
            body = json.dumps(body)
            headers["content-type"] = "application/json"
        try:
            connection.request(method, quote(path, safe="/?&=%"), body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        expect(f"{method} {path}", (answer.status, text if answer.status != status else ""), (status, ""))
        is_json = (answer.getheader("content-type") or "").startswith("application/json")
        return {name.lower(): value for name, value in answer.getheaders()}, json.loads(text) if is_json else text

    def get(self, path):
        return self.ask("GET", path)[1]

    def imported(self, table):
        """The id of an import that is done."""
        created = self.ask("POST", "/api/imports?on_duplicate=update", table, {"content-type": "text/csv"}, 202)[1]
        return self.ended(created["id"], "done")

    def ended(self, number, state):
        deadline = time.monotonic() + 30
        while (now := self.get(f"/api/imports/{number}"))["state"] != state:
            if time.monotonic() > deadline or now["state"] == "failed":
                raise Differs(f"import {number} is `{now['state']}`, expected `{state}`: {now['problem']}")
            time.sleep(0.02)
        return number


@contextlib.contextmanager
def served(program, database):
    """A client of the program on a new database."""
    log = database.with_suffix(".log")
    settings = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
    with open(log, "w") as lines:
        process = subprocess.Popen([program, "serve", "--port", "0"], cwd=database.parent, env=settings, stdout=lines, stderr=lines)
    try:
        mark, deadline = "listening on ", time.monotonic() + 60
        while mark not in (text := log.read_text()) or "\n" not in text.split(mark)[1]:
            if time.monotonic() > deadline or process.poll() is not None:
                raise Differs(f"the program does not start:\n{text}")
            time.sleep(0.02)
        yield Client(int(text.split(mark)[1].split()[0].rstrip("/").rpartition(":")[2]))
    finally:
        process.terminate()
        process.wait()


def field(client):
    """The member `translator` of a book: written, cleared, filtered, sorted, selected, exported, imported and restored."""
    book = {"title": "Clean Code", "author": "Robert C. Martin", "isbn": "9780132350884", "translator": " Prentice Hall "}
    expect("translator of a new book", client.ask("POST", "/api/books", book, status=201)[1]["translator"], "Prentice Hall")
    client.ask("POST", "/api/books", {"title": "B", "author": "x", "translator": "Addison"}, status=201)
    client.ask("POST", "/api/books", {"title": "C", "author": "x"}, status=201)
    client.ask("POST", "/api/books", {"title": "D", "author": "x", "translator": "p" * 201}, status=400)

    def titles(query):
        return [book["title"] for book in client.get(f"/api/books?{query}")]

    expect("a filter", titles("translator__icontains=HALL"), ["Clean Code"])
    expect("a filter for none", titles("translator__isnull=true"), ["C"])
    expect("an order", titles("sort=translator&translator__isnull=false"), ["B", "Clean Code"])
    expect("`fields`", client.get("/api/books?fields=translator&id=1"), [{"translator": "Prentice Hall"}])
    table = client.get("/api/exports/books.csv").splitlines()
    expect("the header of an export", table[0], "title,author,year,isbn,page_count,status,subtitle,publisher,language,description,series,series_number,translator,subjects")
    expect("a row of an export", table[1], "Clean Code,Robert C. Martin,,9780132350884,,available,,,,,,,Prentice Hall,")
    lines = [json.loads(line) for line in client.get("/api/exports/books.jsonl").splitlines()]
    expect("an export as JSON lines", [line["translator"] for line in lines], ["Prentice Hall", "Addison", None])

    number = client.imported(HEADERS + "Clean Code,Robert C. Martin,Pearson,9780132350884\nNew,x,Manning,\nNone,x,,\n")
    expect("an import that changes", client.get("/api/books/1")["translator"], "Pearson")
    new = [book["translator"] for book in client.get("/api/books?id__gt=3")]
    expect("an import that adds", new, ["Manning", None])
    client.ask("POST", f"/api/imports/{number}/undo", status=202)
    client.ended(number, "undone")
    expect("a change that was undone", client.get("/api/books/1")["translator"], "Prentice Hall")
    expect("an addition that was undone", client.get("/api/books?id__gt=3"), [])

    expect("a cleared member", client.ask("PATCH", "/api/books/1", {"translator": None})[1]["translator"], None)
    expect("a member that is left alone", client.ask("PATCH", "/api/books/2", {"year": 1994})[1]["translator"], "Addison")
    client.ask("PATCH", "/api/books?all=true&confirm=3", {"translator": "Everyone"})
    expect("a change of many", titles("translator=Everyone"), ["Clean Code", "B", "C"])


def entity(client):
    """The noun: created, listed, found, changed by its version, changed and deleted one by one and all at once."""
    created = client.ask("POST", "/api/authors", {"name": "Ursula K. Le Guin", "born": 1929}, status=201)
    expect("the location of a new row", created[0]["location"], "/api/authors/1")
    client.ask("POST", "/api/authors", [{"name": "Homer", "born": -750}, {"name": "Anonymous"}], status=201)
    client.ask("POST", "/api/authors", {"name": ""}, status=400)
    client.ask("POST", "/api/authors", {"name": "x", "born": 9999}, status=400)

    def names(query):
        return [author["name"] for author in client.get(f"/api/authors?{query}")]

    expect("a list", names("sort=-name"), ["Ursula K. Le Guin", "Homer", "Anonymous"])
    expect("a filter", names("born__lt=0"), ["Homer"])
    expect("a search", names("q=guin"), ["Ursula K. Le Guin"])
    expect("a query", client.ask("QUERY", "/api/authors", {"filter": {"born": 1929}, "fields": ["name"]})[1],
           [{"name": "Ursula K. Le Guin"}])
    tag = client.ask("GET", "/api/authors/1")[0]["etag"]
    changed = client.ask("PATCH", "/api/authors/1", {"born": None}, {"if-match": tag})[1]
    expect("a change", (changed["born"], changed["version"]), (None, 2))
    client.ask("PATCH", "/api/authors/1", {"born": 1}, {"if-match": tag}, 412)
    client.ask("PATCH", "/api/authors?born__isnull=true&confirm=3", {"born": 1}, status=412)
    many = client.ask("PATCH", "/api/authors?born__isnull=true&confirm=2", {"born": 1929})[1]
    expect("a change of many", (many["matched"], many["changed"]), (2, 2))
    client.ask("DELETE", "/api/authors/1")
    client.ask("GET", "/api/authors/1", status=404)
    expect("a deletion of many", client.ask("DELETE", "/api/authors?all=true&confirm=2")[1]["deleted"], 2)
    expect("an empty list", client.get("/api/authors"), [])


def endpoint(client):
    """The endpoint: its answers, and its parameters."""
    client.ask("POST", "/api/stores", [{"name": "Main Street"}, {"name": "Market Square"}, {"name": "50% off"}], status=201)
    found = client.get("/api/stores/search?name=MA&sort=-name")
    expect("a search for stores", [store["name"] for store in found], ["Market Square", "Main Street"])
    expect("a literal search", [store["name"] for store in client.get("/api/stores/search?name=%25")], ["50% off"])
    expect("its neighbour", client.get("/api/stores/1")["name"], "Main Street")


def described(document):
    """Whether the document has all three."""
    schemas, paths = document["components"]["schemas"], document["paths"]
    for schema in ("NewBook", "BookChanges", "BookOut"):
        expect(f"`translator` of {schema}", "translator" in schemas[schema]["properties"], True)
    operations = {(method, path) for path in paths for method in paths[path] if "/authors" in path or path == "/api/stores/search"}
    one, all_of_them = "/api/authors/{id}", "/api/authors"
    expected = {("get", "/api/stores/search"), ("get", one), ("put", one), ("patch", one), ("delete", one)}
    for operation in sorted(expected | {(method, all_of_them) for method in ("get", "post", "patch", "delete")}):
        expect(f"{operation} in the document", operation in operations, True)


def prove(program, database, document):
    """Proves that the program and its document have what was added."""
    described(json.loads(Path(document).read_text()))
    with served(program, database) as client:
        for proven in (field, entity, endpoint):
            proven(client)
