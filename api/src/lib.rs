//! How Bookplate is asked for: the HTTP API ([`server`]) and the command line ([`cli`]).
//!
//! Handlers say what comes in, which service function is called and what goes out. Rules live in `service`.

mod answers;
mod books;
mod budget;
mod bulk;
pub mod cli;
mod compress;
mod connection;
mod created;
mod docs;
mod error;
mod etag;
mod exports;
mod extract;
mod format;
mod head;
mod health;
mod host;
mod imports;
mod items;
mod json;
mod list;
mod listener;
mod logging;
mod one;
mod openapi;
mod origin;
mod parameters;
mod problems;
mod request;
mod routes;
pub mod server;
mod shape;
mod stores;
mod trace;
mod vary;
