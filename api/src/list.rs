//! Lists: the parameters that come in, and rows going out, with links to their neighbours.

use std::borrow::Cow;

use actix_web::{
    FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder,
    dev::Payload,
    http::header::{CONTENT_TYPE, HeaderName, HeaderValue, LINK, VARY},
    web::{Bytes, Data},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::value::RawValue;
use service::{Db, Error, Listing, MAX_LIMIT, Page, Start, Walk, query::SMALL_PART};

use crate::{
    connection::load::Load,
    error::{Kind, Problem},
    etag::IfNoneMatch,
    fitted::fitted,
    format::{Accepted, Format},
    parameters::{Parameters, parameters},
    projection::{HIGHLIGHT, Projection, Representation, highlight},
};

/// The method of a request that is safe as `GET` and has a body as `POST`.
pub const QUERY: &str = "QUERY";
/// How many rows pass the filters of a list.
const TOTAL: HeaderName = HeaderName::from_static("x-total-count");
/// That no row matches the search, and the ones that are shown do nearly.
const NEAR: HeaderName = HeaderName::from_static("x-near-matches");

/// Rows of a list that is asked for without a page.
#[derive(Clone, Copy, Debug)]
pub struct DefaultLimit(pub u64);

/// What was asked of a list, and the address to which links to its other pages go.
pub struct List {
    /// Filters, order and page.
    pub listing: Listing,
    path: String,
    parameters: Parameters,
    projection: Projection,
    cap: u64,
    accepted: Accepted,
    seen: IfNoneMatch,
    /// What answers of many rows wait for.
    pub load: Data<Load>,
}

impl List {
    fn of(request: &HttpRequest) -> service::Result<Self> {
        Self::with(request, parameters(request)?)
    }

    /// A list with these of the parameters of a request.
    ///
    /// # Errors
    /// As for any list.
    pub fn with(request: &HttpRequest, parameters: Parameters) -> service::Result<Self> {
        let (projection, rest) = shown(&parameters)?;
        Ok(Self::new(request, parameters, projection, Listing::new(rest)?))
    }

    /// A list that a body asks for; links to its other pages repeat what is in the `address` alone.
    ///
    /// # Errors
    /// As for any list.
    pub fn queried(
        request: &HttpRequest,
        address: Parameters,
        body: Parameters,
        filter: Option<Box<RawValue>>,
    ) -> service::Result<Self> {
        let given: Vec<_> = body.into_iter().chain(address.iter().cloned()).collect();
        let (projection, rest) = shown(&given)?;
        let mut listing = Listing::new(rest)?;
        if let Some(filter) = filter {
            listing = listing.filtered(filter.get());
        }
        let mut list = Self::new(request, address, projection, listing);
        // Only what is safe may be answered with 304.
        if request.method().as_str() != QUERY {
            list.seen = IfNoneMatch::default();
        }
        Ok(list)
    }

    /// `parameters` are those of the links to other pages.
    fn new(
        request: &HttpRequest,
        parameters: Parameters,
        projection: Projection,
        listing: Listing,
    ) -> Self {
        let cap = request.app_data::<Data<DefaultLimit>>().map_or(MAX_LIMIT, |cap| cap.0);
        let load = request.app_data::<Data<Load>>().cloned();
        Self {
            listing,
            path: request.path().to_owned(),
            parameters,
            projection,
            cap,
            accepted: Accepted::of(request),
            seen: IfNoneMatch::of(request),
            load: load.unwrap_or_else(|| Load::new(1, usize::MAX, usize::MAX).into()),
        }
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
        let (_, rest) = shown(&self.parameters)?;
        let renamed = rest.into_iter().map(|(name, value)| (rename(&name), value));
        Ok(Self { listing: Listing::new(renamed)?, ..self })
    }

    /// Refuses what reshapes rows, where they are shown as they are.
    ///
    /// # Errors
    /// For `fields` and `include`.
    pub fn expect_rows_as_they_are(&self) -> service::Result<()> {
        let Some(reshaping) = self.projection.reshapes() else { return Ok(()) };
        let detail = format!("{reshaping} is for lists; an export has whole rows, leave it out");
        Err(Error::parameter(reshaping, detail))
    }

    /// Refuses more in a row than a format or a page has room for.
    fn expect_room_in(&self, format: Format) -> service::Result<()> {
        let (highlight, include) = (&self.projection.highlight, self.projection.includes_any());
        if matches!(format, Format::Records(_))
            && let Some(name) = self.projection.reshapes()
        {
            let detail =
                format!("{name} is for JSON; a record of a library is whole, leave it out");
            return Err(Error::parameter(name, detail));
        }
        if format == Format::Csv && (highlight.is_some() || include) {
            let name = if include { "include" } else { HIGHLIGHT };
            let detail =
                format!("{name} is for JSON; a table has no place for more in a row, leave it out");
            return Err(Error::parameter(name, detail));
        }
        if highlight.is_some() && !self.listing.is_small(self.cap) {
            let detail =
                format!("{HIGHLIGHT} is for pages of at most {SMALL_PART} rows; add a `limit`");
            return Err(Error::parameter(HIGHLIGHT, detail));
        }
        Ok(())
    }

    /// The rows that `page` finds, in the format that the client likes best, with links to their neighbours. What is short
    /// is sent in one piece with a tag, what is longer while it is read.
    ///
    /// # Errors
    /// For a name that no row has, a client that accepts no format, and what `page` returns.
    pub async fn answer<T: Representation>(
        self,
        db: Data<Db>,
        page: impl AsyncFn(&Db, &Listing) -> service::Result<Page<T>> + 'static,
    ) -> Result<HttpResponse, Problem> {
        self.projection.check::<T>()?;
        let format = self.accepted.best(T::HAS_RECORDS);
        let format = format.map_err(|why| Problem::new(Kind::NotAcceptable, why))?;
        self.expect_room_in(format)?;
        let load = self.load.clone();
        let place = match self.listing.is_small(self.cap) {
            true => None,
            false => Some(load.part().await?),
        };
        let read = async |listing: &Listing| page(&db, listing).await;
        let listing = self.listing.clone().or_near();
        let (first, rest) = Walk::begin(&listing, self.cap, &read).await?;
        let mut response = self.head(format, &first);
        let mut bytes = part(&db, &self.projection, format, (&first.rows, true)).await?;
        drop(place);
        let Some(mut walk) = rest else {
            bytes.extend(format.end());
            return Ok(self.seen.bytes(response, bytes));
        };
        walk.wrote(first.rows.len(), bytes.len());
        let projection = self.projection;
        let state = (db, walk, page, (projection, load));
        let rest =
            stream::try_unfold(state, move |(db, mut walk, page, (projection, load))| async move {
                let place = load.next_part().await;
                let read = async |listing: &Listing| page(&db, listing).await;
                let Some(rows) = walk.next(&read).await? else { return Ok(None) };
                let bytes = part(&db, &projection, format, (&rows, false)).await?;
                walk.wrote(rows.len(), bytes.len());
                drop(place);
                Ok::<_, Error>(Some((fitted(bytes), (db, walk, page, (projection, load)))))
            });
        let rest = rest.inspect_err(|error| {
            log::error!("a list ended early: {}", service::chain(error));
        });
        let whole = |bytes| stream::iter([Ok(bytes)]);
        let end = whole(Bytes::from_static(format.end()));
        Ok(response.streaming(whole(fitted(bytes)).chain(rest).chain(end)))
    }

    /// The response before its rows.
    fn head<T>(&self, format: Format, first: &Page<T>) -> HttpResponseBuilder {
        let mut response = HttpResponse::Ok();
        response.insert_header((VARY, "Accept, Accept-Encoding"));
        response.insert_header((CONTENT_TYPE, format.content_type()));
        if let Some(links) = self.links(first) {
            response.insert_header((LINK, links));
        }
        if let Some(total) = first.total {
            response.insert_header((TOTAL, HeaderValue::from(total)));
        }
        if first.is_near {
            response.insert_header((NEAR, "true"));
        }
        response
    }

    fn links<T>(&self, page: &Page<T>) -> Option<String> {
        let first = (!page.is_first).then(|| self.link("first", None));
        let previous = page.previous.as_ref().map(|start| self.link("prev", Some(start)));
        let next = page.next.as_ref().map(|start| self.link("next", Some(start)));
        let links: Vec<String> = [first, previous, next].into_iter().flatten().flatten().collect();
        (!links.is_empty()).then(|| links.join(", "))
    }

    fn link(&self, relation: &str, start: Option<&Start>) -> Option<String> {
        let others = self.parameters.iter().map(|(name, value)| (name.as_str(), value.into()));
        let others = others.filter(|(name, _)| !["cursor", "offset"].contains(name));
        let start = start.map(|start| match start {
            Start::Cursor(cursor) => ("cursor", cursor.into()),
            Start::Offset(offset) => ("offset", offset.to_string().into()),
        });
        let parameters: Vec<(&str, Cow<'_, str>)> = others.chain(start).collect();
        let query = serde_urlencoded::to_string(&parameters).ok()?;
        let mark = if query.is_empty() { "" } else { "?" };
        Some(format!("<{}{mark}{query}>; rel=\"{relation}\"", self.path))
    }
}

/// What of each row is shown, and the other parameters of a list.
fn shown(parameters: &[(String, String)]) -> service::Result<(Projection, Parameters)> {
    let (mut projection, others) = Projection::of(parameters);
    let (highlight, others) = highlight(others)?;
    projection.highlight = highlight;
    Ok((projection, others))
}

/// Some rows of a list as bytes.
async fn part<T: Representation>(
    db: &Db,
    projection: &Projection,
    format: Format,
    (rows, is_first): (&[T], bool),
) -> service::Result<Vec<u8>> {
    if let Format::Records(format) = format {
        return T::records(db, rows, (format, is_first)).await;
    }
    let included = T::include(db, projection, rows).await?;
    format.write(projection, (rows, included), is_first)
}

impl FromRequest for List {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request).map_err(Problem::from))
    }
}
