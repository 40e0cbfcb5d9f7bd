//! `/api/subjects`: what books are about.

use actix_web::{HttpResponse, get, web::Data};
use serde::Serialize;
use service::{Db, Subject, subjects};
use utoipa::ToSchema;

use crate::{
    error::Problem,
    etag,
    extract::Id,
    list::List,
    openapi::Class,
    projection::{Include, Included, Projection, Representation},
    routes::Routes,
    row::RowQuery,
};

/// The routes of this file.
pub fn routes(config: &mut impl Routes) {
    config.resource::<Subject>().add(Class::List, list_subjects).add(Class::Find, find_subject);
}

/// What books are about; `books.id` and other members of books filter their list.
#[derive(Serialize, ToSchema)]
pub struct SubjectOut<'a> {
    #[schema(minimum = 1)]
    id: i32,
    #[schema(example = "Gardens")]
    name: &'a str,
}

impl<'a> From<&'a Subject> for SubjectOut<'a> {
    fn from(subject: &'a Subject) -> Self {
        let Subject { id, name } = subject;
        Self { id: *id, name }
    }
}

impl Representation for Subject {
    type Out<'a> = SubjectOut<'a>;
    const ABOUT: &'static str = "What books are about";
    const INCLUDES: &'static [Include] = &[];

    async fn include(_: &Db, _: &Projection, _: &[Self]) -> service::Result<Vec<Included>> {
        Ok(Vec::new())
    }
}

/// The subjects, in the order of their ids or of `sort`.
#[utoipa::path]
#[get("/api/subjects")]
async fn list_subjects(db: Data<Db>, list: List) -> Result<HttpResponse, Problem> {
    list.answer(db, async |db, listing| subjects::list(db.reader(), listing).await).await
}

/// One subject.
#[utoipa::path]
#[get("/api/subjects/{id}")]
async fn find_subject(db: Data<Db>, Id(id): Id, one: RowQuery) -> Result<HttpResponse, Problem> {
    let subject = subjects::find(db.reader(), id).await?;
    // Its name never changes.
    Ok(one.answer(&db, &subject, &etag::of_row(subject.id, 1)).await?)
}
