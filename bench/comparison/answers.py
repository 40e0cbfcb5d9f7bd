"""Checks that a service behaves correctly before it is timed, and that the limits answer exactly as Bookplate."""

import json
import re

NEW = {"title": 'The "New" Book', "author": "Zoë Another", "year": 2001, "isbn": "9780132350884"}
MEMBERS = {"id", "title", "author", "year", "isbn", "page_count"}
# What differs from one response to the next, and what follows from the body.
VOLATILE = {"date", "x-request-id", "content-length"}
MOMENT = re.compile(rb'_at":"[^"]+Z"')


def wrong(server, rows, terms, has_database, heard):
    """Sentences about responses that violate the contract; none if all are correct. Appends the responses of successes to `heard`."""
    try:
        return list(faults(server, rows, terms, has_database, heard))
    except (ValueError, TypeError, KeyError) as error:
        return [f"a response does not have the agreed shape: {error!r}"]


def faults(server, rows, terms, has_database, heard):
    def ask(method, path, expected, body=None):
        status, answer, headers = server.ask(method, path, body)
        if status < 300:
            heard.append((f"{method} {path}", status, answer, headers))
        if status not in expected:
            return None, [f"{method} {path}: {status} {answer[:300]!r}, expected {expected}"]
        return (json.loads(answer) if status < 300 else None), []

    book, complaints = ask("GET", "/api/books/77", [200])
    yield from complaints
    if book is not None and not MEMBERS <= set(book):
        yield f"GET /api/books/77 lacks {MEMBERS - set(book)}"
    if not has_database:
        return
    if book and book["id"] != 77:
        yield f"GET /api/books/77 is book {book['id']}"
    yield from ask("GET", "/api/books/99999999", [404])[1]
    for last in (500, rows - 20):
        page, complaints = ask("GET", f"/api/books?limit=20&id__gt={last}", [200])
        yield from complaints
        if page is not None and [row["id"] for row in page] != list(range(last + 1, last + 21)):
            yield f"the list after {last} has {[row['id'] for row in page]}"
    for kind, count in (("search", 20), ("few", 5), ("none", 0)):
        for term in terms[kind][:3]:
            yield from searched(ask, term, count)
    yield from added(ask)


def searched(ask, term, count):
    for spelling in (term, term.upper()):
        page, complaints = ask("GET", f"/api/books/search?author={spelling}&limit=20", [200])
        yield from complaints
        if page is None:
            continue
        ids = [row["id"] for row in page]
        if len(ids) != count or ids != sorted(ids) or not all(term in row["author"].lower() for row in page):
            yield f"the search for {spelling} has {[(row['id'], row['author']) for row in page]}, expected {count} by id"


def added(ask):
    book, complaints = ask("POST", "/api/books", [201], NEW)
    yield from complaints
    if book is None:
        return
    # Read at once: an acknowledged write is visible.
    stored, complaints = ask("GET", f"/api/books/{book['id']}", [200])
    yield from complaints
    for found in (book, stored or {}):
        if {name: found.get(name) for name in NEW} != NEW:
            yield f"the book that was added is {found}"
    yield from ask("POST", "/api/books", [400, 409, 422], NEW)[1]


def unlike(heard, bookplate, rows):
    """Sentences about responses that are not those of Bookplate to the same requests; its headers may be in any order."""
    for (request, *own), (expected, *theirs) in zip(heard, bookplate, strict=True):
        if request != expected:
            yield f"{request} is held against {expected}"
        # The book that was just added has its own timestamps; all others are of the same rows.
        added = request.startswith("POST") or request == f"GET /api/books/{rows + 1}"
        for what, mine, other in zip(("status", "body", "headers"), comparable(own, added), comparable(theirs, added)):
            if mine != other:
                yield f"{request}: {what}: {mine}, but Bookplate's: {other}"


def comparable(response, added):
    status, body, headers = response
    names = [(name.lower(), "" if name.lower() in VOLATILE else value) for name, value in headers]
    return status, MOMENT.sub(b'_at":""', body) if added else body, sorted(names)
