'use strict'
// JSON schemas of what comes in and goes out: Fastify's manual advises both, since it compiles them into fast code.
const nullable = (type) => ({ type: [type, 'null'] })
const stored = {
  type: 'object',
  properties: {
    id: { type: 'integer' },
    title: { type: 'string' },
    author: { type: 'string' },
    year: nullable('integer'),
    isbn: nullable('string'),
    page_count: nullable('integer')
  }
}
const body = {
  type: 'object',
  required: ['title', 'author'],
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 200 },
    author: { type: 'string', minLength: 1, maxLength: 100 },
    year: nullable('integer'),
    isbn: { ...nullable('string'), maxLength: 13 },
    page_count: nullable('integer')
  }
}
const limit = { type: 'integer', minimum: 1, maximum: 100, default: 20 }
const response = { 200: { type: 'array', items: stored } }

exports.one = { params: { type: 'object', properties: { id: { type: 'integer' } } }, response: { 200: stored } }
exports.list = { querystring: { type: 'object', properties: { limit, id__gt: { type: 'integer', default: 0 } } }, response }
exports.search = { querystring: { type: 'object', required: ['author'], properties: { limit, author: { type: 'string' } } }, response }
exports.add = { body, response: { 201: stored } }

// What LIKE takes for "contains it".
exports.pattern = (text) => '%' + text.replace(/[\\%_]/g, '\\$&') + '%'
// The members of a new book, null where they were left out.
exports.values = ({ title, author, year = null, isbn = null, page_count: pages = null }) => [title, author, year, isbn, pages]
