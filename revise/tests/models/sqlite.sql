CREATE TABLE author (
    id INTEGER PRIMARY KEY,
    name varchar(80) NOT NULL,
    email text UNIQUE,
    born date,
    "createdAt" datetime NOT NULL DEFAULT CURRENT_TIMESTAMP
);
CREATE TABLE book (
    id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
    title varchar(200) NOT NULL DEFAULT 'untitled',
    price decimal(12, 2) NOT NULL DEFAULT 9.99 CHECK (price >= 0),
    weight decimal,
    author_id integer NOT NULL REFERENCES author ON DELETE CASCADE ON UPDATE CASCADE,
    editor_id integer REFERENCES author (id) ON DELETE SET NULL,
    parent_id integer REFERENCES book (id),
    data json,
    uid uuid_text NOT NULL UNIQUE,
    cover blob,
    hash blob(32),
    published timestamp_with_timezone_text,
    changed timestamp DEFAULT CURRENT_TIMESTAMP,
    opens time,
    pages smallint NOT NULL DEFAULT 0,
    sold bigint,
    stars tinyint,
    score double,
    ratio float,
    flag boolean NOT NULL DEFAULT TRUE,
    state enum_text NOT NULL DEFAULT 'new',
    mood enum_text,
    place geometry,
    title_length integer GENERATED ALWAYS AS (length(title)) VIRTUAL,
    UNIQUE (author_id, title)
);
CREATE INDEX "idx-book-title" ON book (title);
CREATE INDEX "idx-book-author-title" ON book (author_id, title DESC);
CREATE UNIQUE INDEX "idx-book-parent-pages" ON book (parent_id, pages);
CREATE UNIQUE INDEX book_of_flag ON book (title) WHERE flag;
CREATE UNIQUE INDEX book_of_lower ON book (lower(title));
CREATE TABLE tag (code text NOT NULL PRIMARY KEY, label text NOT NULL UNIQUE) WITHOUT ROWID;
CREATE TABLE book_tag (
    tag_code text NOT NULL REFERENCES tag (code) ON DELETE RESTRICT,
    book_id integer NOT NULL REFERENCES book (id) ON DELETE CASCADE,
    PRIMARY KEY (book_id, tag_code)
);
CREATE TABLE "order" (
    id integer NOT NULL PRIMARY KEY,
    "type" text NOT NULL,
    "match" text,
    "select" integer NOT NULL DEFAULT 1,
    "from" integer REFERENCES author (id)
);
CREATE TABLE "type" ("ref" integer PRIMARY KEY, "async" text, "Order" integer REFERENCES "order" (id));
CREATE TABLE line (
    number integer NOT NULL,
    order_id integer NOT NULL REFERENCES "order" (id) ON DELETE CASCADE,
    amount integer NOT NULL,
    PRIMARY KEY (order_id, number)
);
CREATE TABLE shipment (
    id integer PRIMARY KEY AUTOINCREMENT,
    order_id integer NOT NULL,
    number integer NOT NULL,
    FOREIGN KEY (order_id, number) REFERENCES line (order_id, number) ON DELETE CASCADE
);
CREATE TABLE slot (
    id integer NOT NULL PRIMARY KEY,
    room integer NOT NULL,
    day integer NOT NULL,
    hour integer NOT NULL UNIQUE,
    UNIQUE (room, day),
    UNIQUE (day, hour),
    UNIQUE (hour, room)
);
CREATE TABLE "Weird Name" ("Some Column" integer NOT NULL PRIMARY KEY, "größe" text, "iPhone" text);
CREATE TABLE strictly (id integer PRIMARY KEY, name text NOT NULL) STRICT;
CREATE TABLE no_key (name text, book_id integer REFERENCES book (id));
CREATE TABLE no_name (id integer PRIMARY KEY, "1st" text);
CREATE TABLE no_field (id integer PRIMARY KEY, "self_" text);
CREATE TABLE prelude (id integer PRIMARY KEY);
CREATE TABLE of_no_key (id integer PRIMARY KEY, other integer REFERENCES no_name (id));
CREATE VIEW titles AS SELECT title FROM book;
CREATE TRIGGER touch AFTER UPDATE ON book BEGIN UPDATE book SET changed = CURRENT_TIMESTAMP WHERE id = NEW.id; END;
