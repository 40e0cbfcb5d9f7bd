'use strict'
// Fastify over node-postgres, as the manuals of both have it: a pool of its usual ten connections, named statements, which are
// prepared once a connection. One process, since there is one core.
const fastify = require('fastify')({ logger: false })
const { Pool } = require('pg')
const schemas = require('./schemas')

const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 10 })
const columns = 'id, title, author, year, isbn, page_count'
const texts = {
  one: `SELECT ${columns} FROM books WHERE id = $1`,
  list: `SELECT ${columns} FROM books WHERE id > $1 ORDER BY id LIMIT $2`,
  search: `SELECT ${columns} FROM books WHERE author ILIKE $1 ORDER BY id LIMIT $2`,
  insert: `INSERT INTO books (title, author, year, isbn, page_count) VALUES ($1, $2, $3, $4, $5) RETURNING ${columns}`
}
const rows = async (name, values) => (await pool.query({ name, text: texts[name], values })).rows

fastify.get('/api/books/search', { schema: schemas.search }, ({ query }) =>
  rows('search', [schemas.pattern(query.author), query.limit]))
fastify.get('/api/books/:id', { schema: schemas.one }, async (request, reply) =>
  (await rows('one', [request.params.id]))[0] ?? reply.code(404).send({ error: 'there is no such book' }))
fastify.get('/api/books', { schema: schemas.list }, ({ query }) => rows('list', [query.id__gt, query.limit]))
fastify.post('/api/books', { schema: schemas.add }, async (request, reply) => {
  try {
    const [stored] = await rows('insert', schemas.values(request.body))
    reply.code(201)
    return stored
  } catch (error) {
    if (error.code !== '23505') throw error
    return reply.code(409).send({ error: 'another book has this isbn' })
  }
})
fastify.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
