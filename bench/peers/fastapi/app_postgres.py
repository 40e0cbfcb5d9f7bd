"""FastAPI with SQLAlchemy on PostgreSQL, as SQLAlchemy's manual has it for asyncio: asyncpg, and a session for each request as a
dependency. Served by uvicorn with uvloop and httptools.
"""

import os
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from models import Book, BookOut, NewBook
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

engine = create_async_engine(os.environ["DATABASE_URL"].replace("postgresql:", "postgresql+asyncpg:"), pool_size=10, max_overflow=0)
Sessions = async_sessionmaker(engine, expire_on_commit=False)


async def get_session():
    async with Sessions() as session:
        yield session


SessionDep = Annotated[AsyncSession, Depends(get_session)]
app = FastAPI()


@app.get("/api/books/search", response_model=list[BookOut])
async def search_books(session: SessionDep, author: str, limit: int = 20):
    found = Book.author.icontains(author, autoescape=True)
    return (await session.scalars(select(Book).where(found).order_by(Book.id).limit(limit))).all()


@app.get("/api/books/{book_id}", response_model=BookOut)
async def get_book(book_id: int, session: SessionDep):
    book = await session.get(Book, book_id)
    if book is None:
        raise HTTPException(404)
    return book


@app.get("/api/books", response_model=list[BookOut])
async def list_books(session: SessionDep, id__gt: int = 0, limit: int = 20):
    return (await session.scalars(select(Book).where(Book.id > id__gt).order_by(Book.id).limit(limit))).all()


@app.post("/api/books", response_model=BookOut, status_code=201)
async def add_book(new: NewBook, session: SessionDep):
    book = Book(**new.model_dump())
    session.add(book)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "another book has this isbn") from None
    return book
