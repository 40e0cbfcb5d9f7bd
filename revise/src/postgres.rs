//! PostgreSQL: a schema read from the catalog, and the statements that carry operations out.
//!
//! What reads and what writes share one promise: after `statements(before, operations)` have run, [`read`] answers
//! what [`Schema::apply`](crate::schema::Schema::apply) made of `before`.

mod alter;
mod catalog;
mod create;
mod default;
mod dependents;
mod emit;
mod enums;
mod inspect;
mod length;
mod numbering;
mod objects;
mod online;
mod own_transaction;
mod parts;
mod piece;
mod recreate;
mod scope;
mod spelling;
mod views;

pub use self::{
    create::create_script, emit::statements, inspect::read, objects::read_whole,
    own_transaction::needs_own_transaction, scope::SchemaScope,
};
pub(crate) use self::{
    length::{explained, shortened},
    online::{Made, Online, online, proves_not_null},
    piece::{PieceKind, inside, piece, pieces},
    spelling::are_alike,
};
