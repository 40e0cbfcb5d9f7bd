#!/usr/bin/env python3
"""Measures the loop "edit the model, generate the migration, apply it" and Flask-Migrate's, in turns, on SQLite.

    bench/loop.py [--rounds 5] [--flask FOLDER]

Works on a copy of the committed files in a temporary directory, which it builds first (minutes). `--flask` names a virtual
environment with Flask-Migrate and Flask-SQLAlchemy in it; without one only our own loop is measured. Every round adds
one more column to `books`, and only counts if the database has it afterwards. Only figures of the same run are
comparable.
"""

import argparse
import os
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
MIGRATION = "cargo run --quiet --package migration --".split()
FLASK_MODELS = """
from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///{database}"
db = SQLAlchemy(app)
Migrate(app, db)


class Book(db.Model):
    __tablename__ = "books"
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200), nullable=False)
    author = db.Column(db.String, nullable=False, index=True)
    year = db.Column(db.Integer)
    isbn = db.Column(db.String(13), unique=True)
    page_count = db.Column(db.Integer)
    status = db.Column(db.String(20), nullable=False, server_default="available")
    created_at = db.Column(db.DateTime, nullable=False, server_default=db.func.now())
    version = db.Column(db.Integer, nullable=False, server_default="1")
    # more


class Store(db.Model):
    __tablename__ = "stores"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)
    items = db.relationship("Item", back_populates="store", cascade="all, delete-orphan")


class Item(db.Model):
    __tablename__ = "items"
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(80), nullable=False)
    price = db.Column(db.Numeric(12, 2), nullable=False)
    store_id = db.Column(db.ForeignKey("stores.id", ondelete="CASCADE"), nullable=False)
    book_id = db.Column(db.ForeignKey("books.id", ondelete="SET NULL"))
    store = db.relationship("Store", back_populates="items")


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120), nullable=False, unique=True)
    username = db.Column(db.String(80), nullable=False, index=True)
    is_active = db.Column(db.Boolean, nullable=False, server_default="1")
"""


def run(command, folder, **environment):
    """Seconds of a command that has to succeed."""
    begun = time.monotonic()
    done = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return time.monotonic() - begun


def insert(path, mark, line):
    """Inserts a line before the first line that contains the mark."""
    lines = path.read_text().splitlines()
    place = next(number for number, old in enumerate(lines) if mark in old)
    path.write_text("\n".join([*lines[:place], line, *lines[place:], ""]))


def expect_column(database, name):
    columns = [row[1] for row in sqlite3.connect(database).execute("PRAGMA table_info(books)")]
    if name not in columns:
        sys.exit(f"{database} has no column {name}, only {columns}")


class Ours:
    """A copy of this repository, built."""

    def __init__(self, home):
        self.folder, self.database = home / "bookplate", home / "ours.db"
        self.folder.mkdir()
        archive = subprocess.run(["git", "archive", "HEAD"], cwd=REPOSITORY, check=True, capture_output=True)
        subprocess.run(["tar", "-x"], cwd=self.folder, input=archive.stdout, check=True)
        self.environment = {"DATABASE_URL": f"sqlite:///{self.database}", "CARGO_TARGET_DIR": str(self.folder / "target")}
        self.run("cargo build --workspace --locked".split())
        self.run([*MIGRATION, "upgrade"])

    def run(self, command):
        return run(command, self.folder, **self.environment)

    def edit(self, name):
        insert(self.folder / "entity/src/book.rs", "pub page_count: ", f"    pub {name}: Option<String>,")

    def apply_at_once(self, name):
        self.edit(name)
        seconds = self.run([*MIGRATION, "migrate", "--apply", "--message", f"Add {name} to books"])
        expect_column(self.database, name)
        # The next round finds the file built; the build is a cost of the next edit, so it is reported separately.
        return seconds, self.run([*MIGRATION, "current"])

    def step_by_step(self, name):
        self.edit(name)
        seconds = self.run([*MIGRATION, "migrate", "--message", f"Add {name} to books"])
        seconds += self.run([*MIGRATION, "upgrade"])
        expect_column(self.database, name)
        return seconds


class Flask:
    """The same models with Flask-SQLAlchemy."""

    def __init__(self, home, environment):
        self.folder, self.database = home / "flask", home / "flask.db"
        self.folder.mkdir()
        self.flask = [str(Path(environment).resolve() / "bin" / "flask"), "db"]
        self.models = self.folder / "app.py"
        self.models.write_text(FLASK_MODELS.replace("{database}", str(self.database)))
        for verb in (["init"], ["migrate", "-m", "Begin"], ["upgrade"]):
            run([*self.flask, *verb], self.folder)

    def step_by_step(self, name):
        insert(self.models, "# more", f"    {name} = db.Column(db.String)")
        seconds = run([*self.flask, "migrate", "-m", f"Add {name} to books"], self.folder)
        seconds += run([*self.flask, "upgrade"], self.folder)
        expect_column(self.database, name)
        return seconds


def row(name, seconds):
    print(f"{name:<54} median {statistics.median(seconds):6.2f} s, {min(seconds):.2f} to {max(seconds):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--flask", metavar="FOLDER", help="a virtual environment with Flask-Migrate")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        home = Path(home)
        ours = Ours(home)
        theirs = Flask(home, arguments.flask) if arguments.flask else None
        at_once, built, by_step, flask = [], [], [], []
        for number in range(arguments.rounds):
            applied, next_build = ours.apply_at_once(f"once_{number}")
            at_once.append(applied)
            built.append(next_build)
            by_step.append(ours.step_by_step(f"step_{number}"))
            if theirs:
                flask.append(theirs.step_by_step(f"step_{number}"))
        row("edit, `migrate --apply`", at_once)
        row("  the build of the written file, at the next command", built)
        row("edit, `migrate`, `upgrade`", by_step)
        if theirs:
            row("Flask-Migrate: edit, `migrate`, `upgrade`", flask)
            ratio = statistics.median(at_once) / statistics.median(flask)
            print(f"{'`migrate --apply` against Flask-Migrate':<54} {ratio:.2f}")
        else:
            print("Flask-Migrate: absent; name a virtual environment with --flask")


if __name__ == "__main__":
    main()
