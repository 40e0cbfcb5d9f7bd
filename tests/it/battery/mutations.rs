//! Valid requests with one to four mutations. The same seed produces the same requests.

/// Random numbers (SplitMix64), and the requests that are generated from them.
pub struct Random(u64);

/// Valid requests, with `HERE` for the host.
const VALID: [&str; 18] = [
    "GET /api/books?limit=5&year__gte=1960&sort=-year HTTP/1.1\r\nHost: HERE\r\nAccept: application/json\r\n\r\n",
    "GET /api/books/1?include=items HTTP/1.1\r\nHost: HERE\r\nIf-None-Match: \"1.1\"\r\n\r\n",
    "HEAD /api/items HTTP/1.1\r\nHost: HERE\r\nAccept-Encoding: br, gzip;q=0.5, *;q=0\r\n\r\n",
    "GET /api/books/search?title=%C3%A9t%C3%A9&author=b HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n",
    "GET http://HERE/api/stores HTTP/1.1\r\nHost: HERE\r\nX-Request-Id: trace-7\r\n\r\n",
    "GET /api/exports/books.csv HTTP/1.1\r\nHost: HERE\r\nRange: bytes=0-10\r\n\r\n",
    "GET /docs/swagger-initializer.js HTTP/1.1\r\nHost: HERE\r\n\r\n",
    "GET /problems/stale HTTP/1.0\r\nHost: HERE\r\nAccept: text/html\r\n\r\n",
    "OPTIONS /api/books HTTP/1.1\r\nHost: HERE\r\nOrigin: http://HERE\r\nAccess-Control-Request-Method: DELETE\r\n\r\n",
    "POST /api/books HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nContent-Length: 26\r\n\r\n\
     {\"title\":\"a\",\"author\":\"b\"}",
    "POST /api/books HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
     10\r\n{\"title\":\"a\",\"au\r\nA;x=y\r\nthor\":\"b\"}\r\n0\r\n\r\n",
    "POST /api/stores HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nIdempotency-Key: k-1\r\nExpect: 100-continue\r\n\
     Content-Length: 12\r\n\r\n{\"name\":\"a\"}",
    "PUT /api/books/2 HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/json\r\nIf-Match: \"2.1\"\r\n\
     Content-Length: 13\r\n\r\n{\"year\":1999}",
    "PATCH /api/books?year__lt=1955&confirm=5 HTTP/1.1\r\nHost: HERE\r\nContent-Type: application/merge-patch+json\r\n\
     Content-Length: 17\r\n\r\n{\"status\":\"lent\"}",
    "DELETE /api/books/7 HTTP/1.1\r\nHost: HERE\r\nSec-Fetch-Site: same-origin\r\nOrigin: http://HERE\r\n\r\n",
    "POST /api/imports?on_duplicate=skip HTTP/1.1\r\nHost: HERE\r\nContent-Type: text/csv\r\nContent-Length: 17\r\n\r\ntitle,author\na,b\n",
    "POST /api/imports HTTP/1.1\r\nHost: HERE\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 95\r\n\r\n\
     --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ntitle,author\na,b\n\r\n--b--\r\n",
    "GET /healthz HTTP/1.1\r\nHost: HERE\r\n\r\nGET /version HTTP/1.1\r\nHost: HERE\r\n\r\n\
     GET /readyz HTTP/1.1\r\nHost: HERE\r\nConnection: close\r\n\r\n",
];

/// What parsers stumble over.
const PIECES: [&[u8]; 48] = [
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b" ",
    b"\t",
    b":",
    b": ",
    b"\r\n\r\n",
    b"\r\n ",
    b"%00",
    b"%ff",
    b"%",
    b"%2e%2e%2f",
    b"../",
    b"//",
    b"#",
    b"?",
    b"&",
    b"=",
    b",",
    b";",
    b"\"",
    b"\\",
    b"-1",
    b"0",
    b"18446744073709551616",
    b"2147483648",
    b"1e999",
    b"\xff\xfe",
    b"\xf0\x90\x8d\x88",
    b"\x7f",
    b"{",
    b"[",
    b"]}",
    b"\\ud800",
    b"null",
    b"chunked",
    b"Transfer-Encoding: chunked\r\n",
    b"Content-Length: 5\r\n",
    b"Host: evil.example\r\n",
    b"Origin: null\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: upgrade\r\nUpgrade: websocket\r\n",
    b"Content-Encoding: gzip\r\n",
    b"ffffffffffffffff\r\n",
    b"HTTP/2.0",
    b"http://evil.example",
];

const METHODS: [&[u8]; 10] = [
    b"GET", b"HEAD", b"POST", b"PUT", b"PATCH", b"DELETE", b"OPTIONS", b"TRACE", b"CONNECT", b"PRI",
];

impl Random {
    /// The numbers that follow from a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`; 0 if that is 0.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).expect("a small number")
    }

    fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    /// A request to a server.
    pub fn request(&mut self, here: &str) -> Vec<u8> {
        let mut request = self.one_of(&VALID).replace("HERE", here).into_bytes();
        for _ in 0..self.below(5) {
            self.mutate(&mut request, here);
        }
        request
    }

    fn mutate(&mut self, request: &mut Vec<u8>, here: &str) {
        let start = self.below(request.len());
        let end = start + self.below((request.len() - start).min(24) + 1);
        match self.below(14) {
            0 => request[start..end].iter_mut().for_each(|byte| *byte ^= 1 << (start % 8)),
            1 => drop(request.drain(start..end)),
            2 => {
                let again = request[start..end].to_vec();
                drop(request.splice(end..end, again));
            }
            3 => {
                let bytes: Vec<u8> = (start..end).map(|_| self.below(256) as u8).collect();
                drop(request.splice(start..end, bytes));
            }
            4..=6 => {
                let piece = self.one_of(&PIECES);
                let end = if self.below(2) == 0 { start } else { end };
                drop(request.splice(start..end, piece.iter().copied()));
            }
            7 => request.truncate(start),
            8 => self.repeat_line(request),
            9 => self.lengthen(request, start),
            10 => {
                let method = self.one_of(&METHODS);
                let end = request.iter().position(|byte| *byte == b' ').unwrap_or_default();
                drop(request.splice(0..end, method.iter().copied()));
            }
            11 => self.change_number(request),
            12 => {
                let other = self.one_of(&VALID).replace("HERE", here);
                request.truncate(start);
                request.extend_from_slice(&other.as_bytes()[self.below(other.len())..]);
            }
            _ => request[start..end].make_ascii_uppercase(),
        }
    }

    /// A line of the head, repeated many times.
    fn repeat_line(&mut self, request: &mut Vec<u8>) {
        let lines: Vec<&[u8]> = request.split_inclusive(|byte| *byte == b'\n').collect();
        let place = self.below(lines.len());
        let Some(line) = lines.get(place).map(|line| line.to_vec()) else { return };
        let before: usize = lines[..place].iter().map(|line| line.len()).sum();
        let times = [1, 2, 95, 120][self.below(4)];
        drop(request.splice(before..before, line.repeat(times)));
    }

    /// A long run of one byte.
    fn lengthen(&mut self, request: &mut Vec<u8>, place: usize) {
        let byte = b"aA0 %/\xff,\"[{"[self.below(11)];
        let length = [100, 1_000, 9_000, 40_000, 140_000][self.below(5)];
        drop(request.splice(place..place, std::iter::repeat_n(byte, length)));
    }

    /// Replaces a number by another one.
    fn change_number(&mut self, request: &mut Vec<u8>) {
        let is_digit = |place: &usize| request[*place].is_ascii_digit();
        let digits: Vec<usize> = (0..request.len()).filter(is_digit).collect();
        if let Some(place) = digits.get(self.below(digits.len())) {
            let other: &[u8] = self.one_of(&[
                b"0",
                b"-1",
                b"9",
                b"00",
                b"+1",
                b"1.5",
                b"0x10",
                b"99999999999999999999",
                b"1_0",
                b"\xd9\xa1",
            ]);
            drop(request.splice(*place..=*place, other.iter().copied()));
        }
    }
}
