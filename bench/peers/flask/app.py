"""Flask with Flask-SQLAlchemy, as their quick starts have it; served by gunicorn, as Flask's page on deployment advises.

Models, `db.session` and `jsonify` as documented. SQLite is set to the durability that all are compared at.
"""

import os

from flask import Flask, abort, jsonify, request
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

app = Flask(__name__)
if "DATABASE_FILE" in os.environ:
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///" + os.environ["DATABASE_FILE"]

    @event.listens_for(Engine, "connect")
    def set_pragmas(connection, _):
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000"):
            connection.execute(f"PRAGMA {pragma}")

else:
    app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")
db = SQLAlchemy(app)


class Book(db.Model):
    __tablename__ = "books"
    id = db.Column(db.Integer, primary_key=True)
    title = db.Column(db.String(200), nullable=False)
    author = db.Column(db.String(100), nullable=False, index=True)
    year = db.Column(db.Integer)
    isbn = db.Column(db.String(13), unique=True)
    page_count = db.Column(db.Integer)

    def to_dict(self):
        return {
            "id": self.id,
            "title": self.title,
            "author": self.author,
            "year": self.year,
            "isbn": self.isbn,
            "page_count": self.page_count,
        }


def page_of(query):
    limit = request.args.get("limit", 20, type=int)
    books = db.session.scalars(query.order_by(Book.id).limit(limit))
    return jsonify([book.to_dict() for book in books])


@app.get("/api/books/<int:book_id>")
def get_book(book_id):
    book = db.session.get(Book, book_id)
    if book is None:
        abort(404)
    return jsonify(book.to_dict())


@app.get("/api/books")
def list_books():
    return page_of(db.select(Book).where(Book.id > request.args.get("id__gt", 0, type=int)))


@app.get("/api/books/search")
def search_books():
    return page_of(db.select(Book).where(Book.author.icontains(request.args["author"], autoescape=True)))


@app.post("/api/books")
def add_book():
    data = request.get_json()
    if not data.get("title") or not data.get("author"):
        return jsonify(error="title and author are required"), 400
    book = Book(**{name: data.get(name) for name in ("title", "author", "year", "isbn", "page_count")})
    db.session.add(book)
    try:
        db.session.commit()
    except IntegrityError:
        db.session.rollback()
        return jsonify(error="another book has this isbn"), 409
    return jsonify(book.to_dict()), 201
