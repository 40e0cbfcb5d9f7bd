"""What both services have in common: the table, and the bodies as Pydantic models, as FastAPI's tutorial has them."""

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(100), index=True)
    year: Mapped[int | None]
    isbn: Mapped[str | None] = mapped_column(String(13), unique=True)
    page_count: Mapped[int | None]


class NewBook(BaseModel):
    title: str = Field(min_length=1, max_length=200)
    author: str = Field(min_length=1, max_length=100)
    year: int | None = None
    isbn: str | None = Field(None, max_length=13)
    page_count: int | None = None


class BookOut(NewBook):
    model_config = ConfigDict(from_attributes=True)
    id: int
