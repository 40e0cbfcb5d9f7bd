"""A database with the books of the comparison, and a fresh copy of it for each start of a server.

Bookplate has its own schema, from its own migrations, filled by its own import; the limits have its rows, timestamps and versions
included, in a table of their own; the others share a plain table.
"""

import contextlib
import csv
import os
import pwd
import shutil
import sqlite3
import subprocess
import time
from pathlib import Path

from . import process
from .books import COLUMNS, books

PLAIN = """CREATE TABLE books (
    id {key}, title varchar(200) NOT NULL, author varchar(100) NOT NULL,
    year integer, isbn varchar(13) UNIQUE, page_count integer)"""
# The columns of Bookplate, of the same types and in the same order.
WHOLE = """CREATE TABLE books (
    id {key}, title varchar(200) NOT NULL, author varchar NOT NULL, year integer, isbn varchar(13) UNIQUE,
    created_at {time} NOT NULL DEFAULT CURRENT_TIMESTAMP, updated_at {time} NOT NULL DEFAULT CURRENT_TIMESTAMP,
    version integer NOT NULL DEFAULT 1, page_count integer, status varchar(20) NOT NULL DEFAULT 'available',
    subtitle varchar(500), publisher varchar(200), language varchar(35), description text, series varchar(200),
    series_number {number})"""
ROWS = """SELECT id, title, author, year, isbn, created_at, updated_at, version, page_count, status,
    subtitle, publisher, language, description, series, series_number FROM {books} ORDER BY id"""
INDEX = "CREATE INDEX books_author ON books (author)"


def write_csv(file, rows, columns):
    with open(file, "w", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(columns)
        skipped = len(COLUMNS) - len(columns)
        writer.writerows(book[skipped:] for book in books(rows))
    return file


def import_books(program, url, home, rows):
    """Bookplate's schema at `url`, with the books."""
    arguments = ["--database-url", url, "--log", "error"]
    file = write_csv(home / "books.csv", rows, COLUMNS[1:])
    for command in ([program, "db", "upgrade"], [program, "import", "books", file]):
        done = subprocess.run([*command, *arguments], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{command[1:]}: {done.stdout}{done.stderr}")
    file.unlink()


def expect(count, rows, where):
    if count != rows:
        raise SystemExit(f"{where} has {count} of {rows} books")


class Sqlite:
    """Files in `home`, which has to be on a disk, since writes wait for it."""

    name, title = "sqlite", "SQLite"

    def __init__(self, home, program):
        self.home, self.program = home, program
        # Files left by a killed run may have another schema.
        self.close()

    def golden(self, schema, rows):
        file = self.home / f"golden-{schema}-{rows}.db"
        if not file.exists():
            new = file.with_suffix(".new")
            if schema == "bookplate":
                import_books(self.program, f"sqlite:///{new}", self.home, rows)
            elif schema == "whole":
                self.copy(self.golden("bookplate", rows), new)
            else:
                self.fill(new, rows)
            expect(count_sqlite(new), rows, file.name)
            new.rename(file)
        return file

    @staticmethod
    def fill(file, rows):
        with contextlib.closing(sqlite3.connect(file)) as connection, connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(PLAIN.format(key="integer PRIMARY KEY AUTOINCREMENT NOT NULL"))
            connection.executemany("INSERT INTO books VALUES (?, ?, ?, ?, ?, ?)", books(rows))
            connection.execute(INDEX)

    @staticmethod
    def copy(source, file):
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("ATTACH ? AS bookplate", [str(source)])
            with connection:
                connection.execute(WHOLE.format(key="integer PRIMARY KEY AUTOINCREMENT NOT NULL",
                                                time="timestamp_with_timezone_text", number="real(6, 2)"))
                connection.execute("INSERT INTO books " + ROWS.format(books="bookplate.books"))
                connection.execute(INDEX)

    @contextlib.contextmanager
    def fresh(self, schema, rows):
        """The environment of a service that uses a copy, and a function that counts its books."""
        file = self.home / "books.db"
        shutil.copyfile(self.golden(schema, rows), file)
        # Otherwise the first write would wait for data that is not on the disk yet.
        with open(file, "rb") as copy:
            os.fsync(copy)
        try:
            yield {"DATABASE_FILE": str(file), "DATABASE_URL": f"sqlite://{file}"}, lambda: count_sqlite(file)
        finally:
            self.remove("books.db*")

    def pids(self):
        return []

    def remove(self, pattern):
        for leftover in self.home.glob(pattern):
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()

    def close(self):
        self.remove("golden-*")


def count_sqlite(file):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        (journal,) = connection.execute("PRAGMA journal_mode").fetchone()
        if journal != "wal":
            raise SystemExit(f"{file.name} has the journal mode {journal}, expected wal")
        return connection.execute("SELECT count(*) FROM books").fetchone()[0]


class Postgres:
    """A private server in `home`, with its default settings: each commit waits for the disk."""

    name, title = "postgres", "PostgreSQL"

    def __init__(self, home, program, nice):
        self.home, self.program, self.data = home, program, home / "postgres"
        self.programs, self.port = binaries(), process.free_port()
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir()
        # PostgreSQL refuses to be run by root.
        self.whom = {}
        if os.getuid() == 0:
            user = unprivileged()
            self.whom = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            os.chown(self.data, user.pw_uid, user.pw_gid)
        options = ["--auth=trust", "--username=bench", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run([self.programs / "initdb", "--pgdata", self.data, *options], check=True, cwd=self.data,
                       stdout=subprocess.DEVNULL, **self.whom)
        command = [self.programs / "postgres", "-D", self.data, "-p", str(self.port), "-k", self.data, "-h", "127.0.0.1"]
        self.log = open(home / "postgres.log", "wb")
        self.process = subprocess.Popen([*(["nice", "-n", str(nice)] if nice else []), *command], cwd=self.data,
                                        stdout=self.log, stderr=self.log, **self.whom)
        try:
            self.wait()
        except BaseException:
            self.close()
            raise
        self.ready = set()

    def wait(self):
        deadline = time.monotonic() + 60
        while subprocess.run([self.programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL does not start:\n{(self.home / 'postgres.log').read_text()[-2000:]}")
            time.sleep(0.05)

    def url(self, database):
        return f"postgresql://bench@127.0.0.1:{self.port}/{database}"

    def sql(self, *statements, database="postgres"):
        command = [self.programs / "psql", "-qAtX", "-v", "ON_ERROR_STOP=1", self.url(database)]
        for statement in statements:
            command += ["-c", statement]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    def golden(self, schema, rows):
        name = f"golden_{schema}_{rows}"
        if name not in self.ready:
            self.sql(f"CREATE DATABASE {name}")
            if schema == "bookplate":
                import_books(self.program, self.url(name), self.home, rows)
            elif schema == "whole":
                self.copy(self.golden("bookplate", rows), name)
            else:
                self.fill(name, rows)
            self.sql("VACUUM ANALYZE", database=name)
            expect(self.count(name), rows, name)
            self.ready.add(name)
        return name

    def fill(self, name, rows):
        file = write_csv(self.home / "books.csv", rows, COLUMNS)
        self.sql(PLAIN.format(key="serial PRIMARY KEY"), f"\\copy books from '{file}' csv header", INDEX,
                 f"SELECT setval('books_id_seq', {rows})", database=name)
        file.unlink()

    def copy(self, source, name):
        file = self.home / "books.csv"
        self.sql(f"\\copy ({ROWS.format(books='books')}) to '{file}' csv", database=source)
        self.sql(WHOLE.format(key="integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", time="timestamp with time zone",
                              number="numeric(6, 2)"),
                 f"\\copy books from '{file}' csv", INDEX, "SELECT setval('books_id_seq', max(id)) FROM books", database=name)
        file.unlink()

    def count(self, name):
        return int(self.sql("SELECT count(*) FROM books", database=name))

    @contextlib.contextmanager
    def fresh(self, schema, rows):
        """As for `Sqlite`."""
        self.sql(f"CREATE DATABASE books TEMPLATE {self.golden(schema, rows)}")
        self.sql("CHECKPOINT")
        try:
            yield {"DATABASE_URL": self.url("books")}, lambda: self.count("books")
        finally:
            self.sql("DROP DATABASE books WITH (FORCE)")

    def pids(self):
        return process.family(self.process.pid)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.data, ignore_errors=True)


def binaries():
    """The directory of PostgreSQL's programs, on the path or the latest of Debian's; None if there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    return max(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name), default=None)


def unprivileged():
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise SystemExit("PostgreSQL refuses to be run by root, and there is no user `postgres` or `nobody`")
