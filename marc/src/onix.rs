//! ONIX for Books 3: products with reference names or short tags.

mod name;
mod product;
mod reader;
mod text;

pub use reader::Reader;
