//! The OpenAPI document, generated from the handlers; [`contract`](crate::contract) sends it.
//!
//! Handlers say what is theirs alone. [`class`] adds what follows from the class of an operation, [`responses`] and [`bodies`] what
//! follows from its method, parameters and body.

mod bodies;
mod class;
mod components;
mod describing;
mod facets;
mod filters;
mod parameters;
mod responses;

pub use class::Class;
pub use describing::document;
