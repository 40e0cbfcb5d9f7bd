"""FastAPI with SQLAlchemy on SQLite, as FastAPI's tutorial on SQL databases has it: plain functions on its thread pool, a
session for each request as a dependency. Served by uvicorn with uvloop and httptools.
"""

import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from models import Book, BookOut, NewBook
from sqlalchemy import create_engine, event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

# A connection for each of the 40 threads that FastAPI has: with fewer, requests that hold one and requests that wait for one
# could fill the pool and stop each other.
engine = create_engine("sqlite:///" + os.environ["DATABASE_FILE"], pool_size=40, max_overflow=0)
Sessions = sessionmaker(engine, expire_on_commit=False)


@event.listens_for(engine, "connect")
def set_pragmas(connection, _):
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 30000"):
        connection.execute(f"PRAGMA {pragma}")


def get_session():
    with Sessions() as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]
app = FastAPI()


@app.get("/api/books/search", response_model=list[BookOut])
def search_books(session: SessionDep, author: str, limit: int = 20):
    found = Book.author.icontains(author, autoescape=True)
    return session.scalars(select(Book).where(found).order_by(Book.id).limit(limit)).all()


@app.get("/api/books/{book_id}", response_model=BookOut)
def get_book(book_id: int, session: SessionDep):
    book = session.get(Book, book_id)
    if book is None:
        raise HTTPException(404)
    return book


@app.get("/api/books", response_model=list[BookOut])
def list_books(session: SessionDep, id__gt: int = 0, limit: int = 20):
    return session.scalars(select(Book).where(Book.id > id__gt).order_by(Book.id).limit(limit)).all()


@app.post("/api/books", response_model=BookOut, status_code=201)
def add_book(new: NewBook, session: SessionDep):
    book = Book(**new.model_dump())
    session.add(book)
    try:
        session.commit()
    except IntegrityError:
        raise HTTPException(409, "another book has this isbn") from None
    return book
