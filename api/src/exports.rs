//! `/api/exports`: every row of a list, as a file, streamed.

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    get,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    web::{Data, Path},
};
use futures_util::{StreamExt, stream};
use service::{
    Book, Db, Error, Item, Store,
    exports::{Exported, Format, Parts, Table},
};

use crate::{
    error::Problem,
    fitted::fitted,
    list::List,
    openapi::Class,
    parameters::{parameters, take},
    routes::Routes,
};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.resource::<Book>().add(Class::Export, export_books);
    config.resource::<Store>().add(Class::Export, export_stores);
    config.resource::<Item>().add(Class::Export, export_items);
}

/// Books as a file: the same filters, search and order as the list, and every row. It can be imported again without changes. MARC has
/// no status.
#[utoipa::path(
    params((
        "format" = String, Path, description = "The format", example = "csv",
        pattern = "^(csv|jsonl|mrc|xml)$"
    )),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/csv", example = "title,author,year,isbn,page_count,status\n"),
            (String = "application/x-ndjson"),
            (String = "application/marc"),
            (String = "application/marcxml+xml"),
        )),
        (status = 404, description = "No such format")
    )
)]
#[get("/api/exports/books.{format}")]
async fn export_books(
    db: Data<Db>,
    ending: Path<String>,
    file: FileList,
) -> Result<HttpResponse, Problem> {
    file.send::<Book>(db, &ending).await
}

/// Stores as a file: the same filters, search and order as the list, and every row.
#[utoipa::path(
    params((
        "format" = String, Path, description = "The format", example = "csv", pattern = "^(csv|jsonl)$"
    )),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/csv", example = "name\nMain Street\n"), (String = "application/x-ndjson"),
        )),
        (status = 404, description = "No such format")
    )
)]
#[get("/api/exports/stores.{format}")]
async fn export_stores(
    db: Data<Db>,
    ending: Path<String>,
    file: FileList,
) -> Result<HttpResponse, Problem> {
    file.send::<Store>(db, &ending).await
}

/// Items as a file: the same filters, search and order as the list, and every row, with the name of the store and the book as it can be
/// found elsewhere.
#[utoipa::path(
    params((
        "format" = String, Path, description = "The format", example = "csv", pattern = "^(csv|jsonl)$"
    )),
    responses(
        (status = 200, description = "The file", content(
            (String = "text/csv", example = "name,price,store,isbn,book_title,book_author,book_year\n"),
            (String = "application/x-ndjson"),
        )),
        (status = 404, description = "No such format")
    )
)]
#[get("/api/exports/items.{format}")]
async fn export_items(
    db: Data<Db>,
    ending: Path<String>,
    file: FileList,
) -> Result<HttpResponse, Problem> {
    file.send::<Item>(db, &ending).await
}

/// What was asked of a list that is sent as a file.
struct FileList {
    list: List,
    table: Table,
    /// The first parameter that is only for tables.
    of_table: Option<&'static str>,
}

impl FileList {
    fn of(request: &HttpRequest) -> service::Result<Self> {
        let (bom, others) = take(parameters(request)?, "bom")?;
        let (delimiter, others) = take(others, "delimiter")?;
        let of_table = bom.as_ref().map(|_| "bom").or(delimiter.as_ref().map(|_| "delimiter"));
        let bom = match bom.as_deref() {
            None | Some("false" | "0") => false,
            Some("true" | "1" | "") => true,
            Some(other) => {
                let shown = service::shortened(other, 40);
                let detail = format!("bom `{shown}` is not `true` or `false`");
                return Err(Error::parameter("bom", detail));
            }
        };
        let delimiter = delimiter.map(|written| Table::delimiter(&written)).transpose();
        let delimiter = delimiter.map_err(|detail| Error::parameter("delimiter", detail))?;
        let delimiter = delimiter.unwrap_or(Table::default().delimiter);
        let table = Table { delimiter, bom };
        Ok(Self { list: List::with(request, others)?, table, of_table })
    }

    /// The rows in the format of an ending.
    async fn send<T: Exported + 'static>(
        self,
        db: Data<Db>,
        ending: &str,
    ) -> Result<HttpResponse, Problem> {
        let Self { list, table, of_table } = self;
        let format = format::<T>(ending, table).map_err(|problem| *problem)?;
        if let Some(name) = of_table.filter(|_| !matches!(format, Format::Csv(_))) {
            let detail = format!("{name} is for `.csv`, leave it out");
            return Err(Error::parameter(name, detail).into());
        }
        list.expect_rows_as_they_are()?;
        let load = list.load;
        let place = load.part().await?;
        let mut parts = Parts::<T>::new(list.listing, format)?;
        // Errors in the parameters show at the first part, while the status can still be set.
        let first = parts.next(db.reader()).await?;
        drop(place);
        let rest = stream::try_unfold((db, parts, load.clone()), async |(db, mut parts, load)| {
            let _place = load.next_part().await;
            let part = parts.next(db.reader()).await.inspect_err(|error| {
                log::error!("an export ended early: {}", service::chain(error));
            })?;
            Ok::<_, Error>(part.map(|part| (fitted(part), (db, parts, load.clone()))))
        });
        let first = stream::iter(first.map(|part| Ok(fitted(part))));
        let name = format!("attachment; filename=\"{}.{ending}\"", T::resource().noun.1);
        Ok(HttpResponse::Ok()
            .insert_header((CONTENT_TYPE, format.content_type()))
            .insert_header((CONTENT_DISPOSITION, name))
            .streaming(first.chain(rest)))
    }
}

impl FromRequest for FileList {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Self::of(request).map_err(Problem::from))
    }
}

/// The format of an ending.
fn format<T: Exported>(ending: &str, table: Table) -> Result<Format, Box<Problem>> {
    let known = [
        ("csv", Format::Csv(table)),
        ("jsonl", Format::Jsonl),
        ("mrc", Format::Marc21),
        ("xml", Format::MarcXml),
    ];
    let known = known.into_iter().filter(|(_, format)| T::HAS_RECORDS || format.is_general());
    let known: Vec<_> = known.collect();
    let found = known.iter().find(|(name, ..)| *name == ending);
    found.map(|(_, format)| *format).ok_or_else(|| {
        let (many, shown) = (T::resource().noun.1, service::shortened(ending, 30));
        let names = known.iter().map(|(name, ..)| format!("`{many}.{name}`"));
        let names = names.collect::<Vec<_>>().join(", ");
        let detail = format!("there is no export `{many}.{shown}`, only {names}");
        Box::new(Problem::not_found(detail))
    })
}
