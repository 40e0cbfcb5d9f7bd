-- Requests for wrk: KIND ROWS SEED [TERM...]. Kinds: get and list take a random id up to ROWS, search one of the terms in capital
-- and small letters as they come, so that few searches are alike, and post a book whose ISBN no other seed makes.
local kind, rows, terms, isbns
local format, random = string.format, math.random

function init(args)
  kind, rows = args[1], tonumber(args[2])
  local seed = tonumber(args[3])
  math.randomseed(seed)
  random(); random() -- The first ones of near seeds are near to each other.
  terms = { unpack(args, 4) }
  -- Nine digits behind 979, from 100000000 on; a measurement makes far fewer than two million books.
  isbns = 100000000 + seed % 400 * 2000000
end

-- The ISBN-13 of 979 and nine digits; its check digit is what the weighed sum of the others lacks of a multiple of ten.
local function isbn(number)
  local sum, rest, weight = 9 + 3 * 7 + 9, number, 1
  for _ = 1, 9 do
    local digit = rest % 10
    sum, rest = sum + digit * (4 - weight), (rest - digit) / 10
    weight = 4 - weight
  end
  return format("979%09d%d", number, (10 - sum % 10) % 10)
end

local function spelt(letter)
  return random(2) == 1 and letter:upper() or letter
end

local function get(path)
  return "GET " .. path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
end

function request()
  if kind == "get" then
    return get("/api/books/" .. random(rows))
  elseif kind == "list" then
    return get("/api/books?limit=20&id__gt=" .. random(rows - 20))
  elseif kind == "search" then
    return get("/api/books/search?author=" .. terms[random(#terms)]:gsub("%l", spelt) .. "&limit=20")
  end
  isbns = isbns + 1
  local book = '{"title":"The Posted Book, no. %d","author":"Robin Thornwick","year":1999,"isbn":"%s"}'
  local body = format(book, isbns, isbn(isbns))
  local head = "POST /api/books HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
  return head .. #body .. "\r\n\r\n" .. body
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(format('\nMEASURED{"requests":%d,"microseconds":%d,"p50":%d,"p99":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
