//! Which parts of a row are returned: its members, fewer of them (`fields`), and related rows (`include`).

use chrono::{DateTime, Utc};
use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use service::{
    Db, Error, Kind, Listed, Result, exports, nearest, query::Highlighter, timestamp::Zone,
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Array, Ref, RefOr, Schema,
        schema::{ObjectBuilder, OneOf, Type},
    },
};

use crate::parameters::{Parameters, take_flag};

/// Rows that are returned, one by one or in lists.
pub trait Representation: Listed + Sized + 'static {
    /// A row as it is returned.
    type Out<'a>: From<&'a Self> + Serialize + ToSchema;
    /// What the rows are, for the OpenAPI document.
    const ABOUT: &'static str;
    /// What can be included in it.
    const INCLUDES: &'static [Include];
    /// Whether they are records of libraries too.
    const HAS_RECORDS: bool = false;

    /// The values that the projection includes in each of the rows.
    ///
    /// # Errors
    /// When there are too many, and any database error.
    async fn include(db: &Db, projection: &Projection, rows: &[Self]) -> Result<Vec<Included>>;

    /// Rows as records of libraries, the first ones of a list or later ones.
    ///
    /// # Errors
    /// Any database error.
    async fn records(_: &Db, _: &[Self], _: (exports::Format, bool)) -> Result<Vec<u8>> {
        Ok(Vec::new())
    }
}

/// A name that `include` takes, and the schema of what it adds to a row.
pub struct Include {
    /// The name.
    pub name: &'static str,
    /// The schema.
    pub schema: fn() -> RefOr<Schema>,
}

impl Include {
    /// Another row, or `null`.
    pub const fn one<Out: ToSchema>(name: &'static str) -> Self {
        Self { name, schema: || one_of(Ref::from_schema_name(Out::name()).into(), null()) }
    }

    /// Other rows.
    pub const fn many<Out: ToSchema>(name: &'static str) -> Self {
        Self { name, schema: || RefOr::T(Array::new(Ref::from_schema_name(Out::name())).into()) }
    }

    /// Texts.
    pub const fn texts(name: &'static str) -> Self {
        Self { name, schema: || RefOr::T(Array::new(String::schema()).into()) }
    }

    /// The ids of other rows.
    pub const fn ids(name: &'static str) -> Self {
        Self { name, schema: || RefOr::T(Array::new(i32::schema()).into()) }
    }
}

/// The schema of what is this or that.
pub fn one_of(one: RefOr<Schema>, other: RefOr<Schema>) -> RefOr<Schema> {
    let mut either = OneOf::new();
    either.items = vec![one, other];
    RefOr::T(Schema::OneOf(either))
}

/// The schema of `null`.
pub fn null() -> RefOr<Schema> {
    let null = ObjectBuilder::new().schema_type(Type::Null).build();
    RefOr::T(Schema::Object(null))
}

/// Writes a row as it is shown, by its own members, and those that every row has.
macro_rules! shape {
    ($(#[$about:meta])* pub struct $out:ident of $model:ident {
        $($(#[$about_member:meta])* $member:ident: $type:ty,)*
    }) => {
        #[derive(serde::Serialize, utoipa::ToSchema)]
        $(#[$about])*
        pub struct $out<'a> {
            #[schema(minimum = 1, read_only)]
            id: &'a i32,
            $($(#[$about_member])* $member: &'a $type,)*
            #[schema(read_only)]
            #[serde(serialize_with = "crate::projection::timestamp")]
            created_at: &'a chrono::DateTime<chrono::Utc>,
            #[schema(read_only)]
            #[serde(serialize_with = "crate::projection::timestamp")]
            updated_at: &'a chrono::DateTime<chrono::Utc>,
            /// Raised by each change.
            #[schema(minimum = 1)]
            version: &'a i32,
        }

        impl<'a> From<&'a $model> for $out<'a> {
            fn from(row: &'a $model) -> Self {
                let $model { id, $($member,)* created_at, updated_at, version } = row;
                Self { id, $($member,)* created_at, updated_at, version }
            }
        }
    };
}
pub(crate) use shape;

/// The parameter that asks for what a search has found, and the member that has it.
pub const HIGHLIGHT: &str = "highlight";

/// Additional members of some rows: a name, and a value for each row.
pub type Included = (&'static str, Vec<Box<RawValue>>);

/// The members of a row to be serialized. Numbers keep their digits.
pub type Members = IndexMap<String, Box<RawValue>>;

/// Which parts of a row are returned.
#[derive(Clone, Debug, Default)]
pub struct Projection {
    fields: Option<Vec<String>>,
    include: Vec<String>,
    /// Marks what a search has found.
    pub highlight: Option<Highlighter>,
}

impl Projection {
    /// From the parameters of a query; also returns the other parameters.
    pub fn of(parameters: &[(String, String)]) -> (Self, Parameters) {
        let names = |written: &str| written.split(',').map(str::to_owned).collect::<Vec<_>>();
        let (mut projection, mut rest) = (Self::default(), Vec::new());
        for (name, value) in parameters {
            match name.as_str() {
                "fields" => projection.fields.get_or_insert_default().extend(names(value)),
                "include" => projection.include.extend(names(value)),
                _ => rest.push((name.clone(), value.clone())),
            }
        }
        (projection, rest)
    }

    /// The parameter that changes the form of the rows, if there is one.
    pub fn reshapes(&self) -> Option<&'static str> {
        let fields = self.fields.as_ref().map(|_| "fields");
        let include = (!self.include.is_empty()).then_some("include");
        fields.or(include).or(self.highlight.as_ref().map(|_| HIGHLIGHT))
    }

    /// Whether this is to be included.
    pub fn includes(&self, name: &str) -> bool {
        self.include.iter().any(|included| included == name)
    }

    /// Whether anything is to be included.
    pub fn includes_any(&self) -> bool {
        !self.include.is_empty()
    }

    /// Refuses names that rows of this kind do not have.
    ///
    /// # Errors
    /// With the nearest known name.
    pub fn check<T: Representation>(&self) -> Result<()> {
        // The schema of the members is built again each time, which most requests do not need.
        if let Some(fields) = &self.fields {
            let members = members::<T::Out<'_>>();
            let known: Vec<&str> = members.iter().map(String::as_str).collect();
            fields.iter().try_for_each(|name| expect("fields", name, &known))?;
        }
        if self.include.is_empty() {
            return Ok(());
        }
        let known: Vec<&str> = T::INCLUDES.iter().map(|include| include.name).collect();
        self.include.iter().try_for_each(|name| expect("include", name, &known))
    }

    /// The names of the returned members, in order, without what is included.
    pub fn columns<T: Representation>(&self) -> Vec<String> {
        let mut members = members::<T::Out<'_>>();
        members.retain(|name| self.shows(name));
        members
    }

    /// Rows as they are returned, with what is included in each.
    ///
    /// # Errors
    /// Never in practice: stored values can be serialized.
    pub fn members<T: Representation>(
        &self,
        rows: &[T],
        included: Vec<Included>,
    ) -> Result<Vec<Members>> {
        let mut included: Vec<_> =
            included.into_iter().map(|(name, values)| (name, values.into_iter())).collect();
        let mut shown = Vec::with_capacity(rows.len());
        for row in rows {
            let text = serde_json::to_string(&T::Out::from(row)).map_err(Error::no_json)?;
            let mut members: Members = serde_json::from_str(&text).map_err(Error::no_json)?;
            let marked = self.highlight.as_ref().map(|words| marked::<T>(words, &members));
            members.retain(|name, _| self.shows(name));
            if let Some(marked) = marked {
                let marked = serde_json::value::to_raw_value(&marked).map_err(Error::no_json)?;
                members.insert(HIGHLIGHT.to_owned(), marked);
            }
            for (name, values) in &mut included {
                members.extend(values.next().map(|value| ((*name).to_owned(), value)));
            }
            shown.push(members);
        }
        Ok(shown)
    }

    fn shows(&self, name: &String) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.contains(name))
    }
}

/// The searched members of a row that a search has found, with its words marked.
fn marked<T: Listed>(words: &Highlighter, members: &Members) -> IndexMap<&'static str, String> {
    let searched = T::resource().schema().searched.iter();
    let found = searched.filter_map(|field| {
        let text: String = serde_json::from_str(members.get(field.name)?.get()).ok()?;
        let marked = match field.kind {
            Kind::Code(code) => words.mark_code(&text, code),
            _ => words.mark(&text),
        };
        Some((field.name, marked?))
    });
    found.collect()
}

/// Takes `highlight` out of the parameters of a list: the words of its search if they are to be marked, and the other parameters.
///
/// # Errors
/// For another value than `true` and `false`, a second one, or where there is no search.
pub fn highlight(parameters: Parameters) -> Result<(Option<Highlighter>, Parameters)> {
    let (is_asked, others) = take_flag(parameters, HIGHLIGHT)?;
    if !is_asked {
        return Ok((None, others));
    }
    let q = others.iter().find(|(name, value)| name == "q" && !value.trim().is_empty());
    let Some((_, q)) = q else {
        let detail = format!("{HIGHLIGHT} marks what `q` finds; add that");
        return Err(Error::parameter(HIGHLIGHT, detail));
    };
    Ok((Some(Highlighter::new(q)), others))
}

/// Values for some rows, as JSON.
///
/// # Errors
/// Never in practice: stored values can be serialized.
pub fn included<Out: Serialize>(
    name: &'static str,
    values: impl Iterator<Item = Out>,
) -> Result<Included> {
    let values = values.map(|value| serde_json::value::to_raw_value(&value));
    let values: serde_json::Result<Vec<_>> = values.collect();
    Ok((name, values.map_err(Error::no_json)?))
}

/// A timestamp as chrono serializes it, but as one text: chrono passes on one character at a time.
///
/// # Errors
/// As the serializer.
pub fn timestamp<S: Serializer>(
    timestamp: &DateTime<Utc>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    service::timestamp::write(timestamp, Zone::Letter, |text| serializer.serialize_str(text))
}

/// The members of a response, from its schema.
pub fn members<Out: PartialSchema>() -> Vec<String> {
    match Out::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Refuses an unknown name, with the nearest known one.
///
/// # Errors
/// For an unknown name.
fn expect(parameter: &str, name: &str, known: &[&str]) -> Result<()> {
    if known.contains(&name) {
        return Ok(());
    }
    let shown = service::shortened(name, 40);
    let nearest = nearest(name, known.iter().map(|name| (*name).to_owned()));
    let detail = format!("{parameter} `{shown}` does not exist here{nearest}");
    Err(Error::parameter(parameter, detail))
}
