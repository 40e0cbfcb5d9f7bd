"""Generates a client from the OpenAPI document of a server, as any user would, and runs the course's scenario with it."""

import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from server import served


def generated(address, home):
    """The client, as the generator writes it; anything in the document that it cannot generate is a failure."""
    document = home / "openapi.json"
    urllib.request.urlretrieve(f"{address}/api/openapi.json", document)
    # Files are bytes for it, whatever their type.
    files = "".join(f"  {kind}: application/octet-stream\n" for kind in ["text/csv", "application/x-ndjson", "application/jsonl"])
    (home / "generator.yaml").write_text(f"post_hooks: []\ncontent_type_overrides:\n{files}")
    generator = Path(sys.executable).parent / "openapi-python-client"
    options = ["--meta", "none", "--config", home / "generator.yaml", "--output-path", home / "bookplate_client", "--fail-on-warning"]
    done = subprocess.run([generator, "generate", "--path", document, *options], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    sys.path.insert(0, str(home))


def expect(answer, status):
    """The parsed body of a response, which has to have this status."""
    assert answer.status_code == status, f"{answer.status_code}, expected {status}: {answer.content!r}"
    return answer.parsed


def expect_problem(answer, status, kind):
    from bookplate_client.models import Problem

    problem = expect(answer, status)
    assert isinstance(problem, Problem), problem
    assert (problem.type_, problem.status) == (f"/problems/{kind}", status), problem
    assert problem.error == problem.detail and problem.request_id == answer.headers["x-request-id"], problem
    return problem


def story(address):
    from bookplate_client import Client
    from bookplate_client.api.books import create_book, delete_book, delete_books, find_book, patch_book, update_book
    from bookplate_client.api.items import create_item, list_items, list_items_of_store, query_items
    from bookplate_client.api.stores import create_store, delete_store
    from bookplate_client.models import BookChanges, ItemQuery, ListItemsOfStoreSortItem, NewBook, NewItem, NewStore

    with Client(base_url=address) as client:
        store = expect(create_store.sync_detailed(client=client, body=NewStore(name="Main Street")), 201)

        code = NewBook(title="Clean Code", author="Robert C. Martin", year=2008, isbn="0-13-235088-2")
        answer = create_book.sync_detailed(client=client, body=code)
        book = expect(answer, 201)
        assert (book.isbn, book.status, book.version, book.page_count) == ("9780132350884", "available", 1, None), book
        assert answer.headers["location"] == f"/api/books/{book.id}"
        # The same again, with the error in words and for programs.
        problem = expect_problem(create_book.sync_detailed(client=client, body=code), 400, "duplicate")
        assert [(error.pointer, error.code) for error in problem.errors] == [("/isbn", "duplicate")]
        problem = expect_problem(create_book.sync_detailed(client=client, body=NewBook(title="", author="b", year=12008)), 400, "invalid")
        assert [error.pointer for error in problem.errors] == ["/title", "/year"]
        page = urllib.request.urlopen(address + problem.type_).read().decode()
        assert "<h2>What to do</h2>" in page, page

        # A lost response is requested again under its key.
        item = NewItem(name="Clean Code, second copy", price=49.99, store_id=store.id, book_id=book.id)
        first, again = (create_item.sync_detailed(client=client, body=item, idempotency_key="a-key") for _ in range(2))
        assert expect(first, 201).id == expect(again, 201).id and first.parsed.price == 49.99
        several(client)
        rows = [NewItem(name=f"Item {number}", price=number / 2, store_id=store.id) for number in range(25)]
        assert len(expect(create_item.sync_detailed(client=client, body=rows), 201)) == 25
        shelf = expect(list_items_of_store.sync_detailed(store.id, client=client, price_gte=10.5, sort=[ListItemsOfStoreSortItem("-price")]), 200)
        assert [item.price for item in shelf] == [49.99, 12.0, 11.5, 11.0, 10.5], shelf
        pages(client, address)
        facets(client)
        typing(client)
        dry_runs(client, store.id)
        query = ItemQuery.from_dict({"filter": {"store.name": {"istartswith": "main"}, "price": {"in": [0, 0.5]}}})
        assert expect(query_items.sync_detailed(client=client, body=query), 200)[1].price == 0.5
        problem = expect_problem(list_items_of_store.sync_detailed(7, client=client), 404, "not-found")

        # A change that is based on an outdated version.
        read = find_book.sync_detailed(book.id, client=client)
        tag = read.headers["etag"]
        changed = patch_book.sync_detailed(book.id, client=client, body=BookChanges(page_count=464), if_match=tag)
        assert (expect(changed, 200).page_count, changed.parsed.title) == (464, "Clean Code")
        late = update_book.sync_detailed(book.id, client=client, body=BookChanges(status="lent"), if_match=tag)
        expect_problem(late, 412, "stale")
        assert late.headers["etag"] == changed.headers["etag"] != tag
        unchanged = find_book.sync_detailed(book.id, client=client, if_none_match=changed.headers["etag"])
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        whole = find_book.sync_detailed(book.id, client=client).parsed
        whole = BookChanges.from_dict({**whole.to_dict(), "year": None})
        assert expect(update_book.sync_detailed(book.id, client=client, body=whole), 200).year is None

        assert expect(delete_book.sync_detailed(book.id, client=client), 200).message == "Book deleted"
        expect_problem(find_book.sync_detailed(book.id, client=client), 404, "not-found")
        expect_problem(delete_books.sync_detailed(client=client, author_icontains="woolf", confirm=1), 412, "unconfirmed")
        assert expect(delete_books.sync_detailed(client=client, author_icontains="woolf", confirm=2), 200).deleted == 2
        # Items are deleted with their store.
        expect(delete_store.sync_detailed(store.id, client=client), 200)
        assert expect(list_items.sync_detailed(client=client), 200) == []


def several(client):
    """An array is stored whole or not at all, and listed in any order."""
    from bookplate_client.api.books import create_book, list_books
    from bookplate_client.models import ListBooksFieldsItem, ListBooksSortItem, NewBook

    woolf = [NewBook(title=title, author="Virginia Woolf", year=year) for title, year in [("Orlando", 1928), ("The Waves", 1931)]]
    expect_problem(create_book.sync_detailed(client=client, body=[*woolf, NewBook(title="", author="b")]), 400, "invalid")
    expect(create_book.sync_detailed(client=client, body=woolf), 201)
    found = list_books.sync_detailed(
        client=client, author_icontains="woolf", year_gte=1928, sort=[ListBooksSortItem("-year")], fields=[ListBooksFieldsItem("year")]
    )
    assert [row.to_dict() for row in expect(found, 200)] == [{"year": 1931}, {"year": 1928}], found


def facets(client):
    """Books and items counted by their values, by parameters and by a body with filters."""
    from bookplate_client.api.books import count_books, query_book_facets
    from bookplate_client.api.items import count_items
    from bookplate_client.models import BookFacetQuery, CountBooksFacetItem, CountItemsFacetItem

    def pairs(tallies):
        return [(tally.value, tally.count) for tally in tallies]

    wanted = [CountBooksFacetItem("author"), CountBooksFacetItem("decade")]
    counts = expect(count_books.sync_detailed(client=client, facet=wanted, q="woolf"), 200)
    assert (pairs(counts.author), pairs(counts.decade)) == ([("Virginia Woolf", 2)], [(1920, 1), (1930, 1)]), counts
    query = BookFacetQuery.from_dict({"facet": ["decade"], "filter": {"or": [{"year": 2008}, {"title": "Orlando"}]}, "limit": 1})
    assert pairs(expect(query_book_facets.sync_detailed(client=client, body=query), 200).decade) == [(1920, 1)]
    stores = expect(count_items.sync_detailed(client=client, facet=[CountItemsFacetItem("store.name")]), 200)
    assert pairs(stores.store_name) == [("Main Street", 26)], stores


def typing(client):
    """What is typed is completed, and what was found is marked."""
    from bookplate_client.api.books import autocomplete_books, list_books

    found = expect(autocomplete_books.sync_detailed(client=client, q="wool"), 200)
    assert [(one.column, one.value) for one in found] == [("author", "Virginia Woolf")], found
    rows = expect(list_books.sync_detailed(client=client, q="woolf waves", highlight=True, limit=5), 200)
    assert [row.highlight.to_dict() for row in rows] == [{"title": "The <mark>Waves</mark>", "author": "Virginia <mark>Woolf</mark>"}], rows


def dry_runs(client, store):
    """Changes that are only tried: their responses, and nothing stored."""
    from bookplate_client.api.books import create_book, delete_books, list_books
    from bookplate_client.api.items import create_item_of_store, list_items
    from bookplate_client.models import ListItemsSortItem, NewBook, NewItemOfStore

    def expect_tried(answer):
        assert answer.headers["dry-run"] == "true" and "location" not in answer.headers, answer
        return expect(answer, 200)

    before = list_books.sync_detailed(client=client).content
    tried = expect_tried(create_book.sync_detailed(client=client, body=NewBook(title="Flush", author="Virginia Woolf"), dry_run=True))
    assert (tried.title, tried.version) == ("Flush", 1)
    refused = create_book.sync_detailed(client=client, body=NewBook(title="x", author="y", isbn="9780132350884"), dry_run=True)
    problem = expect_problem(refused, 400, "duplicate")
    assert problem.errors[0].link == "/api/books/1" and "that of book 1" in problem.detail, problem
    deleted = expect_tried(delete_books.sync_detailed(client=client, author_icontains="woolf", confirm=2, dry_run=True))
    assert deleted.deleted == 2 and "nothing was stored" in deleted.message
    assert list_books.sync_detailed(client=client).content == before

    item = NewItemOfStore(name="Bookmark", price=1.5)
    assert expect_tried(create_item_of_store.sync_detailed(store, client=client, body=item, dry_run=True)).store_id == store
    by_store = [ListItemsSortItem("store.name"), ListItemsSortItem("-price")]
    assert expect(list_items.sync_detailed(client=client, sort=by_store, limit=1), 200)[0].price == 49.99


def pages(client, address):
    """Every item once, by the links from page to page."""
    from bookplate_client.api.items import list_items
    from bookplate_client.models import ListItemsCount

    found, cursor = [], {}
    for page in range(3):
        answer = list_items.sync_detailed(client=client, limit=10, count=ListItemsCount("exact"), **cursor)
        found += [item.id for item in expect(answer, 200)]
        assert answer.headers["x-total-count"] == "26"
        following = [link for link in answer.headers["link"].split(", ") if 'rel="next"' in link]
        assert bool(following) == (page < 2), answer.headers["link"]
        if following:
            cursor = {"cursor": following[0].split("cursor=")[1].split(">")[0].split("&")[0]}
    assert len(found) == len(set(found)) == 26, found


def main():
    with tempfile.TemporaryDirectory(prefix="contract-client-") as home:
        home = Path(home)
        with served(f"sqlite:///{home}/books.db", home / "log") as address:
            generated(address, home)
            story(address)
    print("a client that was generated from the document works")


main()
