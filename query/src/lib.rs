//! The language of lists: filters, search, order, pages, cursors and changes of many rows, over the rows of any entity.
//!
//! It knows no noun. What the lists of an entity can be asked about is given as a [`Resource`].

mod bulk;
mod cursor;
mod error;
mod facets;
mod field;
mod field_errors;
mod filter;
#[cfg(test)]
mod fixtures;
mod folding;
mod highlight;
mod kind;
mod page;
mod resource;
mod schema;
mod search;
mod sort;
mod substrings;
mod suggestions;
mod text;
mod walk;

pub use bulk::{BULK_PARAMETERS, Changed, Confirmed, Selection};
pub use error::{DatabaseError, Error, Result, Unconfirmed};
pub use facets::{FACET_PARAMETERS, Facet, MOST_FACET_VALUES, MOST_FACETS, Tally};
pub use field::{Field, Relation};
pub use field_errors::{FieldError, FieldErrors};
pub use filter::{LONGEST_VALUE, MOST_VALUES, Operator, nearest};
pub use folding::folded;
pub use highlight::Highlighter;
pub use kind::{Code, Kind};
pub use page::{Listing, MAX_LIMIT, PARAMETERS, Page, SMALL_PART, Start};
pub use resource::Resource;
pub use schema::{FilterSchema, Parameter};
pub use sort::MOST_KEYS;
pub use substrings::{FEW_PLACES, PLACES, Substrings, TrigramStatistics, refresh};
pub use suggestions::{MOST_SUGGESTIONS, SUGGESTION_PARAMETERS, Suggestion};
pub use text::{clean, shortened};
pub use walk::Walk;
