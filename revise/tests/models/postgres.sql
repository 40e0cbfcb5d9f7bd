CREATE TYPE state AS ENUM ('new', 'on hold', '2nd-hand', 'sold');
CREATE TYPE "BookMood" AS ENUM ('Happy', 'sad');
CREATE TYPE odd AS ENUM ('+', '-');
CREATE TABLE author (
    id serial PRIMARY KEY,
    name varchar(80) NOT NULL,
    email text UNIQUE,
    born date,
    "createdAt" timestamp NOT NULL DEFAULT now()
);
COMMENT ON TABLE author IS 'who wrote it';
COMMENT ON COLUMN author.name IS 'as it is printed';
CREATE TABLE book (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    title varchar(200) NOT NULL DEFAULT 'untitled',
    price numeric(12, 2) NOT NULL DEFAULT 9.99 CHECK (price >= 0),
    weight numeric,
    author_id integer NOT NULL REFERENCES author ON DELETE CASCADE ON UPDATE CASCADE,
    editor_id integer REFERENCES author (id) ON DELETE SET NULL,
    parent_id bigint REFERENCES book (id),
    data json,
    more jsonb NOT NULL DEFAULT '{}',
    uid uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    cover bytea,
    published timestamptz,
    changed timestamp DEFAULT CURRENT_TIMESTAMP,
    opens time,
    pages smallint NOT NULL DEFAULT 0,
    code char(5),
    score double precision,
    ratio real,
    paid money,
    flag boolean NOT NULL DEFAULT TRUE,
    state state NOT NULL DEFAULT 'new',
    mood "BookMood",
    names text[],
    moods "BookMood"[],
    words tsvector,
    bits bit(3),
    title_length integer GENERATED ALWAYS AS (length(title)) STORED,
    UNIQUE (author_id, title)
);
CREATE INDEX "idx-book-title" ON book (title);
CREATE INDEX "idx-book-words" ON book USING gin (words);
CREATE INDEX "idx-book-author-title" ON book (author_id, title DESC);
CREATE UNIQUE INDEX "idx-book-parent-pages" ON book (parent_id, pages);
CREATE UNIQUE INDEX book_of_flag ON book (title) WHERE flag;
CREATE UNIQUE INDEX book_of_lower ON book (lower(title));
CREATE TABLE tag (code text NOT NULL PRIMARY KEY, label text COLLATE "C" NOT NULL UNIQUE);
CREATE TABLE book_tag (
    tag_code text NOT NULL REFERENCES tag (code) ON DELETE RESTRICT,
    book_id bigint NOT NULL REFERENCES book (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (book_id, tag_code)
);
CREATE TABLE "order" (
    id bigint NOT NULL PRIMARY KEY,
    "type" text NOT NULL,
    "match" text,
    "select" integer NOT NULL DEFAULT 1,
    "from" integer REFERENCES author (id)
);
CREATE TABLE "type" ("ref" integer PRIMARY KEY, "async" text, "Order" bigint REFERENCES "order" (id));
CREATE TABLE line (
    number integer NOT NULL,
    order_id bigint NOT NULL REFERENCES "order" (id) ON DELETE CASCADE,
    amount integer NOT NULL,
    PRIMARY KEY (order_id, number)
);
CREATE TABLE shipment (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id bigint NOT NULL,
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
CREATE TABLE no_key (name text, book_id bigint REFERENCES book (id));
CREATE TABLE no_name (id integer PRIMARY KEY, "1st" text);
CREATE TABLE no_value (id integer PRIMARY KEY, odd odd NOT NULL);
CREATE TABLE no_field (id integer PRIMARY KEY, "self_" text);
CREATE TABLE prelude (id integer PRIMARY KEY);
CREATE TABLE of_no_key (id integer PRIMARY KEY, other integer REFERENCES no_name (id));
CREATE VIEW titles AS SELECT title FROM book;
