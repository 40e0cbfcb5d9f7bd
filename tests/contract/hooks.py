"""Constraints on requests that OpenAPI cannot express; without them, every other request would only be refused for these.

Only requests that fit the document are changed, and those whose address would be longer than a server reads.
"""

import itertools
import json
import os
from urllib.parse import urlencode

import requests
import schemathesis

SERVER = os.environ["BOOKPLATE_URL"]
# One filter in this many is used.
SHARES = int(os.environ["BOOKPLATE_SHARES"])
# A list takes 50 filters and a URL 8 KiB; the document has up to 300 parameters of 1000 characters.
MOST_PARAMETERS, LONGEST_QUERY = 12, 4000
NOT_FILTERS = {"q", "sort", "fields", "include", "limit", "cursor", "offset", "count", "confirm", "all", "facet", "dry_run", "highlight"}
FILES = ["text/csv", "application/x-ndjson", "application/jsonl"]
# They describe a table, its rows and columns and how it is written, which is another one here.
OF_TABLES = {"bom", "default", "delimiter", "encoding", "format", "line_ends", "map", "noun", "skip_lines"}
number = itertools.count(1)


@schemathesis.serializer(*FILES)
def file(context, value):
    return value.encode(errors="replace") if isinstance(value, str) else json.dumps(value).encode()


@schemathesis.hook
def before_load_schema(context, schema):
    """Filters share one implementation, so a short run uses another share of them for each list."""
    for place, path in enumerate(schema["paths"].values()):
        for operation in path.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [
                parameter
                for number, parameter in enumerate(parameters)
                if is_no_filter(schema, parameter) or (number + place) % SHARES == 0
            ]


def is_no_filter(schema, parameter):
    if "$ref" in parameter:
        parameter = schema["components"]["parameters"][parameter["$ref"].rpartition("/")[2]]
    return parameter["in"] != "query" or parameter["name"] in NOT_FILTERS


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None:
        return
    if case.query:
        case.query = shortened(case)
    if case.media_type in FILES and not isinstance(case.body, str):
        # A file is a text whatever its contents.
        case.body = json.dumps(case.body) if isinstance(case.body, (dict, list)) else str(case.body)
    if case.meta.generation.mode.is_positive:
        if case.query:
            case.query = fitting_query(case.query)
            if case.method.upper() == "DELETE":
                # What was only deleted for a trial is still there afterwards.
                case.query.pop("dry_run", None)
        case.path_parameters = {name: fitting_part(name, value) for name, value in (case.path_parameters or {}).items()}
        if case.path == "/api/imports":
            case.body = fitting_file(case.media_type, case.body)
            if isinstance(case.body, dict):
                # Parameters of the query are not repeated in the form.
                case.body = {name: value for name, value in case.body.items() if name not in (case.query or {})}
        elif case.path.endswith("/query"):
            case.body = fitting_list(case.body)
        elif isinstance(case.body, (dict, list)):
            case.body = fitting_body(case, case.body)


def shortened(case):
    """As many parameters as a server reads, first those that make the request invalid."""
    data = case.meta.phase.data
    named = {getattr(data, "parameter", None)} | {mutation.parameter for mutation in getattr(data, "mutations", None) or []}
    query, kept = {name: short(value) for name, value in case.query.items()}, {}
    for name in sorted(query, key=lambda name: (name not in named, name not in NOT_FILTERS)):
        longer = {**kept, name: query[name]}
        if name in named or len(longer) <= MOST_PARAMETERS and len(urlencode(longer, doseq=True)) <= LONGEST_QUERY:
            kept = longer
    return kept


def short(value):
    """Shortens a value to what fits into a URL; a value that was too long for its member is still too long."""
    if isinstance(value, list):
        while len(value) > 2 and len(urlencode({"": value}, doseq=True)) > LONGEST_QUERY:
            value = value[: len(value) // 2]
        return value
    return value[:LONGEST_QUERY // 3] if isinstance(value, str) else value


def several(value, change):
    """A list of values, which is a text while it is part of a URL."""
    if isinstance(value, list):
        return change(value)
    return ",".join(change(str(value).split(",")))


def fitting_query(query):
    # A cursor is taken from a `Link` header.
    query = {name: value for name, value in query.items() if name != "cursor" and name not in OF_TABLES}
    for name, value in query.items():
        if name.split(".")[-1].split("__")[0] == "isbn" and not name.endswith("__isnull"):
            query[name] = several(value, lambda values: [isbn() for _ in values])
    if "sort" in query:
        # A column may appear once, in either direction.
        query["sort"] = several(query["sort"], lambda columns: list({column.removeprefix("-"): column for column in columns}.values()))
    if "highlight" in query and not str(query.get("q", "")).strip():
        # It marks what a search has found.
        query["highlight"] = "false"
    elif "highlight" in query:
        query["limit"] = 5
    if "confirm" in query:
        # Every row, or those that match the filters.
        query.pop("all", None)
        if not str(query.get("q", "")).strip() and not set(query) - NOT_FILTERS:
            query["all"] = "true"
    return query


def fitting_part(name, value):
    # A link from an item to its book is followed even if the item has none.
    return isbn() if name == "isbn" else 2147483647 if value is None else value


def fitting_body(case, body):
    if isinstance(body, list):
        return [fitting_body(case, element) for element in body]
    if not isinstance(body, dict):
        return body
    body = dict(body)
    path = case.path
    if body.get("isbn") is not None:
        # One with a valid check digit that no other book has.
        body["isbn"] = isbn()
    if path == "/api/books/isbn/{isbn}":
        body.pop("isbn", None)
        # The required members of a new book.
        body = {"title": "a", "author": "b", **body}
    elif case.method.upper() == "PATCH" and path == "/api/books":
        # One ISBN for many books.
        body.pop("isbn", None)
    if isinstance(body.get("author"), str):
        # An index entry is limited in bytes, however many characters they are.
        body["author"] = body["author"].encode()[:2600].decode(errors="ignore")
    for money in ("price", "series_number"):
        if isinstance(body.get(money), (int, float)):
            # A multiple of 0.01 that is also one in decimals.
            body[money] = round(body[money], 2)
    if path == "/api/books/{id}/merge":
        body["books"] = [added("books", {"title": "a", "author": "b"})]
    if "store_id" in body:
        body["store_id"] = added("stores", {"name": "a"})
    if body.get("book_id") is not None:
        body["book_id"] = added("books", {"title": "a", "author": "b"})
    return body


def fitting_list(body):
    """The body of a query, as `fitting_query` of an address."""
    if not isinstance(body, dict):
        return body
    body = {name: value for name, value in body.items() if name != "cursor"}
    if isinstance(body.get("sort"), list):
        body["sort"] = list({column.removeprefix("-"): column for column in body["sort"]}.values())
    if body.get("highlight"):
        body = {**body, "q": str(body.get("q", "")).strip() or "a", "limit": 5}
    if "filter" in body:
        body["filter"] = fitting_filter(body["filter"])
    return body


def fitting_filter(given):
    if isinstance(given, list):
        return [fitting_filter(one) for one in given]
    if not isinstance(given, dict):
        return given
    return {name: fitting_comparison(value) if name.split(".")[-1] == "isbn" else fitting_filter(value) for name, value in given.items()}


def fitting_comparison(value):
    if isinstance(value, str):
        return isbn()
    if isinstance(value, list):
        return [isbn() for _ in value]
    if isinstance(value, dict):
        return {name: fitting_comparison(each) for name, each in value.items()}
    return value


def fitting_file(kind, body):
    # A table begins with known column names, and lines are objects.
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in OF_TABLES}
        return {**body, "format": "csv", "file": fitting_file("text/csv", str(body.get("file", "")))}
    if kind == "application/json":
        return [{"title": "a", "author": "b"}]
    if not isinstance(body, str):
        return body
    return ("title,author\n" if kind == "text/csv" else '{"title": "a", "author": "b"}\n') + body


def added(collection, row):
    """The id of a row that exists, because it was just created."""
    answer = requests.post(f"{SERVER}/api/{collection}", json=row, timeout=20)
    answer.raise_for_status()
    return answer.json()["id"]


def isbn():
    """A different one with each call."""
    digits = f"979{next(number):09}"
    weighed = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return digits + str(-weighed % 10)
