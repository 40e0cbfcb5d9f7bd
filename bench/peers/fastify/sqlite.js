'use strict'
// Fastify over better-sqlite3, as the manuals of both have it: statements prepared once, WAL, calls that do not wait for others.
// One process, since there is one core.
const fastify = require('fastify')({ logger: false })
const Database = require('better-sqlite3')
const schemas = require('./schemas')

const db = new Database(process.env.DATABASE_FILE)
db.pragma('journal_mode = WAL')
db.pragma('synchronous = FULL')
const columns = 'id, title, author, year, isbn, page_count'
const one = db.prepare(`SELECT ${columns} FROM books WHERE id = ?`)
const list = db.prepare(`SELECT ${columns} FROM books WHERE id > ? ORDER BY id LIMIT ?`)
const search = db.prepare(`SELECT ${columns} FROM books WHERE author LIKE ? ESCAPE '\\' ORDER BY id LIMIT ?`)
const insert = db.prepare(`INSERT INTO books (title, author, year, isbn, page_count) VALUES (?, ?, ?, ?, ?) RETURNING ${columns}`)

fastify.get('/api/books/search', { schema: schemas.search }, async ({ query }) =>
  search.all(schemas.pattern(query.author), query.limit))
fastify.get('/api/books/:id', { schema: schemas.one }, async (request, reply) =>
  one.get(request.params.id) ?? reply.code(404).send({ error: 'there is no such book' }))
fastify.get('/api/books', { schema: schemas.list }, async ({ query }) => list.all(query.id__gt, query.limit))
fastify.post('/api/books', { schema: schemas.add }, async (request, reply) => {
  try {
    const stored = insert.get(...schemas.values(request.body))
    reply.code(201)
    return stored
  } catch (error) {
    if (error.code !== 'SQLITE_CONSTRAINT_UNIQUE') throw error
    return reply.code(409).send({ error: 'another book has this isbn' })
  }
})
fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
