//! `/api/books/duplicates`: books that are probably one book.

use actix_web::{HttpRequest, HttpResponse, get, http::header::HeaderName, web::Data};
use serde::Serialize;
use service::{
    Db, Error,
    books::duplicates::{self, Group, MOST_GROUPS, Options, Reason},
    nearest,
};
use utoipa::{IntoParams, ToSchema};

use crate::{
    books::BookOut,
    error::Problem,
    parameters::{parameters, take, take_flag},
    routes::Routes,
};

/// Groups of a page, if it is not said.
const USUAL: usize = 100;

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.service(list_duplicates);
}

/// Books that are probably one.
#[derive(Serialize, ToSchema)]
struct GroupOut<'a> {
    reason: Reason,
    /// The oldest first, 100 at most.
    books: Vec<BookOut<'a>>,
}

impl<'a> From<&'a Group> for GroupOut<'a> {
    fn from(group: &'a Group) -> Self {
        let Group { reason, books } = group;
        Self { reason: *reason, books: books.iter().map(BookOut::from).collect() }
    }
}

/// What to look for.
#[expect(dead_code, reason = "describes the parameters, which `options` reads")]
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct DuplicateParameters {
    /// `true`: also books of one title that all have ISBNs of their own.
    editions: Option<bool>,
    /// groups of the page, 100 when absent
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<u32>,
    /// groups to pass over
    #[param(minimum = 0, maximum = 2_147_483_647)]
    offset: Option<u32>,
}

/// Books that are probably one book: their ISBNs are spellings of one, or their titles and first authors differ in spelling only.
#[utoipa::path(
    tag = "books",
    params(DuplicateParameters),
    responses((status = 200, description = "A page of groups", body = [GroupOut<'_>],
        headers(("X-Total-Count" = i64, description = "how many groups there are"))))
)]
#[get("/api/books/duplicates")]
async fn list_duplicates(db: Data<Db>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (groups, total) = duplicates::find(db.reader(), options(&request)?).await?;
    let groups: Vec<GroupOut<'_>> = groups.iter().map(GroupOut::from).collect();
    let total = (HeaderName::from_static("x-total-count"), total.to_string());
    Ok(HttpResponse::Ok().insert_header(total).json(groups))
}

fn options(request: &HttpRequest) -> service::Result<Options> {
    let (editions, others) = take_flag(parameters(request)?, "editions")?;
    let (limit, others) = take(others, "limit")?;
    let (offset, others) = take(others, "offset")?;
    if let Some((name, _)) = others.first() {
        let known = ["editions", "limit", "offset"].map(str::to_owned).into_iter();
        let shown = service::shortened(name, 40);
        let detail = format!("the parameter `{shown}` does not exist{}", nearest(name, known));
        return Err(Error::parameter(&shown, detail));
    }
    let limit = limit.map(|written| number("limit", &written, (1, MOST_GROUPS))).transpose()?;
    let offset = offset.map(|written| number("offset", &written, (0, 0x7fff_ffff))).transpose()?;
    Ok(Options { editions, offset: offset.unwrap_or(0), limit: limit.unwrap_or(USUAL) })
}

fn number(name: &str, written: &str, (least, most): (usize, usize)) -> service::Result<usize> {
    let number = written.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| {
        let shown = service::shortened(written, 40);
        let detail = format!("{name} `{shown}` is not a whole number between {least} and {most}");
        Error::parameter(name, detail)
    })
}
