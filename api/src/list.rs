//! Lists: the parameters that come in, and a page going out, with links to its neighbours.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{HeaderName, HeaderValue, LINK},
    web::Query,
};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::value::RawValue;
use service::{Error, Listing, Page, Start, nearest};
use utoipa::{
    PartialSchema,
    openapi::{RefOr, Schema},
};

use crate::{error::Problem, etag::IfNoneMatch};

/// How many rows pass the filters of a list.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");

/// What was asked of a list, and the address to which links to its other pages go.
pub struct List {
    /// Filters, order and page.
    pub listing: Listing,
    path: String,
    parameters: Vec<(String, String)>,
    fields: Option<Vec<String>>,
    include: Vec<String>,
    seen: IfNoneMatch,
}

/// What each row of a page has beside its own members: a name, and a value for each row.
pub type Included = (&'static str, Vec<Box<RawValue>>);

impl List {
    fn new(path: &str, parameters: Vec<(String, String)>) -> service::Result<Self> {
        let mut list = Self {
            listing: Listing::default(),
            path: path.to_owned(),
            parameters,
            fields: None,
            include: Vec::new(),
            seen: IfNoneMatch::default(),
        };
        let names = |written: &str| written.split(',').map(str::to_owned).collect::<Vec<_>>();
        let mut rest = Vec::new();
        for (name, value) in &list.parameters {
            match name.as_str() {
                "fields" => list.fields.get_or_insert_default().extend(names(value)),
                "include" => list.include.extend(names(value)),
                _ => rest.push((name.clone(), value.clone())),
            }
        }
        list.listing = Listing::new(rest)?;
        Ok(list)
    }

    /// The same list with its parameters renamed, for searches with words of their own.
    ///
    /// # Errors
    /// As for the list itself.
    pub fn renamed(self, names: &[(&str, &str)]) -> service::Result<Self> {
        let rename = |name: &str| {
            let found = names.iter().find(|(from, _)| *from == name);
            found.map_or(name, |(_, to)| to).to_owned()
        };
        let renamed = self.parameters.iter().map(|(name, value)| (rename(name), value.clone()));
        let Self { listing, .. } = Self::new(&self.path, renamed.collect())?;
        Ok(Self { listing, ..self })
    }

    /// Refuses what reshapes rows, where they are shown as they are.
    ///
    /// # Errors
    /// For `fields` and `include`.
    pub fn expect_rows_as_they_are(&self) -> service::Result<()> {
        let reshaping = match (&self.fields, self.include.as_slice()) {
            (None, []) => return Ok(()),
            (Some(_), _) => "fields",
            (None, _) => "include",
        };
        Err(Error::parameter(
            reshaping,
            format!("{reshaping} is for lists; an export has whole rows, leave it out"),
        ))
    }

    /// Refuses to include what the rows of this list have not.
    ///
    /// # Errors
    /// With the nearest name.
    pub fn expect_includes(&self, known: &[&str]) -> service::Result<()> {
        self.include.iter().try_for_each(|name| expect("include", name, known))
    }

    /// Whether this is to be included.
    pub fn includes(&self, name: &str) -> bool {
        self.include.iter().any(|included| included == name)
    }

    /// A page as a bare JSON array, with links to its neighbours.
    ///
    /// # Errors
    /// For a name in `fields` that no row has.
    pub fn answer<'a, T, Out: Serialize + PartialSchema>(
        &self,
        page: &'a Page<T>,
        included: Vec<Included>,
        shape: impl Fn(&'a T) -> Out,
    ) -> service::Result<HttpResponse> {
        if let Some(fields) = &self.fields {
            let members = members::<Out>();
            let known: Vec<&str> = members.iter().map(String::as_str).collect();
            fields.iter().try_for_each(|name| expect("fields", name, &known))?;
        }
        let rows: Vec<Out> = page.rows.iter().map(shape).collect();
        let mut response = HttpResponse::Ok();
        if let Some(links) = self.links(page) {
            response.insert_header((LINK, links));
        }
        if let Some(total) = page.total {
            response.insert_header((TOTAL, HeaderValue::from(total)));
        }
        if self.fields.is_none() && included.is_empty() {
            return self.seen.list(response, &rows);
        }
        let mut reshaped = Vec::with_capacity(rows.len());
        let mut included: Vec<_> =
            included.into_iter().map(|(name, values)| (name, values.into_iter())).collect();
        for row in &rows {
            let mut members = self.members(row).map_err(Error::no_json)?;
            for (name, values) in &mut included {
                members.extend(values.next().map(|value| ((*name).to_owned(), value)));
            }
            reshaped.push(members);
        }
        self.seen.list(response, &reshaped)
    }

    /// The members of a row that were asked for. Numbers stay the digits that they are.
    fn members(&self, row: &impl Serialize) -> serde_json::Result<IndexMap<String, Box<RawValue>>> {
        let text = serde_json::to_string(row)?;
        let mut members: IndexMap<String, Box<RawValue>> = serde_json::from_str(&text)?;
        if let Some(fields) = &self.fields {
            members.retain(|name, _| fields.contains(name));
        }
        Ok(members)
    }

    fn links<T>(&self, page: &Page<T>) -> Option<String> {
        let first = (!page.is_first).then(|| self.link("first", None));
        let previous = page.previous.as_ref().map(|start| self.link("prev", Some(start)));
        let next = page.next.as_ref().map(|start| self.link("next", Some(start)));
        let links: Vec<String> = [first, previous, next].into_iter().flatten().flatten().collect();
        (!links.is_empty()).then(|| links.join(", "))
    }

    fn link(&self, relation: &str, start: Option<&Start>) -> Option<String> {
        let mut parameters = self.parameters.clone();
        parameters.retain(|(name, _)| !["cursor", "offset"].contains(&name.as_str()));
        parameters.extend(start.map(|start| match start {
            Start::Cursor(cursor) => ("cursor".to_owned(), cursor.clone()),
            Start::Offset(offset) => ("offset".to_owned(), offset.to_string()),
        }));
        let query = serde_urlencoded::to_string(&parameters).ok()?;
        let mark = if query.is_empty() { "" } else { "?" };
        Some(format!("<{}{mark}{query}>; rel=\"{relation}\"", self.path))
    }
}

/// Values for the rows of a page, as JSON.
///
/// # Errors
/// Never in practice: what is stored has a JSON text.
pub fn included<Out: Serialize>(
    name: &'static str,
    values: impl Iterator<Item = Out>,
) -> service::Result<Included> {
    let values = values.map(|value| serde_json::value::to_raw_value(&value));
    let values: serde_json::Result<Vec<_>> = values.collect();
    Ok((name, values.map_err(Error::no_json)?))
}

/// The members of an answer, from its schema.
pub fn members<Out: PartialSchema>() -> Vec<String> {
    match Out::schema() {
        RefOr::T(Schema::Object(object)) => object.properties.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

fn expect(parameter: &str, name: &str, known: &[&str]) -> service::Result<()> {
    if known.contains(&name) {
        return Ok(());
    }
    let shown = service::shortened(name, 40);
    let nearest = nearest(name, known.iter().map(|name| (*name).to_owned()));
    let detail = format!("{parameter} `{shown}` does not exist here{nearest}");
    Err(Error::parameter(parameter, detail))
}

/// The parameters of a query, in their order.
///
/// # Errors
/// For a query that is not UTF-8 behind its escapes.
pub fn parameters(request: &HttpRequest) -> service::Result<Vec<(String, String)>> {
    let read = Query::<Vec<(String, String)>>::from_query(request.query_string());
    read.map(Query::into_inner)
        .map_err(|error| Error::parameter("query", format!("the query cannot be read: {error}")))
}

impl FromRequest for List {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let list = parameters(request).and_then(|parameters| Self::new(request.path(), parameters));
        let seen = IfNoneMatch::of(request);
        std::future::ready(list.map(|list| Self { seen, ..list }).map_err(Problem::from))
    }
}
