//! The interfaces of Bookplate: the HTTP API ([`server`]) and the command line ([`cli`]).
//!
//! Handlers define the input, the service function to call and the output. Rules are in `service`.

mod autocomplete;
mod books;
mod budget;
mod bulk;
mod change;
pub mod cli;
mod compress;
mod connection;
mod contract;
mod create;
mod docs;
mod duplicates;
mod error;
mod etag;
mod exports;
mod extract;
mod facets;
mod fitted;
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
mod merges;
mod openapi;
mod origin;
mod parameters;
mod problems;
mod projection;
mod query;
mod request;
mod response_cache;
mod routes;
mod row;
pub mod server;
mod stores;
mod subjects;
mod trace;
mod vary;
