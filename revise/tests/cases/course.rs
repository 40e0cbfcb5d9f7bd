//! The models of the course as they grow, from one table to the column that needs a value for old rows.

use sea_revise::Entities;

use crate::case::{Backends::Both, Case, Expect, Sql, entity};

/// How many stages there are.
pub const STAGES: usize = 6;

entity!(book "books" {
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub title: String,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub author: String,
    pub year: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(13))", nullable, unique)]
    pub isbn: Option<String>,
});

entity!(article "articles" {
    pub title: String,
    #[sea_orm(column_type = "Text")]
    pub body: String,
    #[sea_orm(default_value = false)]
    pub published: bool,
    #[sea_orm(default_expr = "Expr::current_timestamp()")]
    pub created: DateTime,
});

entity!(user "users" {
    #[sea_orm(column_type = "String(StringLen::N(120))", unique)]
    pub email: String,
    #[sea_orm(column_type = "String(StringLen::N(80))", indexed)]
    pub username: String,
    #[sea_orm(default_value = true)]
    pub is_active: bool,
});

entity!(store "stores" {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    #[sea_orm(has_many)]
    pub items: HasMany<super::item::Entity>,
});

entity!(item "items" {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    pub price: f64,
    pub store_id: i32,
    #[sea_orm(belongs_to, from = "store_id", to = "id", on_delete = "Cascade")]
    pub store: BelongsTo<super::store::Entity>,
});

entity!(book_with_pages "books" {
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub title: String,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub author: String,
    pub year: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(13))", nullable, unique)]
    pub isbn: Option<String>,
    pub page_count: Option<i32>,
});

entity!(book_with_status "books" {
    #[sea_orm(column_type = "String(StringLen::N(200))")]
    pub title: String,
    #[sea_orm(column_type = "String(StringLen::N(100))")]
    pub author: String,
    pub year: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(13))", nullable, unique)]
    pub isbn: Option<String>,
    pub page_count: Option<i32>,
    #[sea_orm(column_type = "String(StringLen::N(20))")]
    pub status: String,
});

/// The entities at a stage: books; then articles; then users; then stores and items; then books with a page count; then
/// books with a status.
pub fn stage(n: usize) -> Entities {
    let entities = match n {
        0..=3 => Entities::new().add(book::Entity),
        4 => Entities::new().add(book_with_pages::Entity),
        _ => Entities::new().add(book_with_status::Entity),
    };
    let entities = if n >= 1 { entities.add(article::Entity) } else { entities };
    let entities = if n >= 2 { entities.add(user::Entity) } else { entities };
    if n >= 3 { entities.add(store::Entity).add(item::Entity) } else { entities }
}

/// The course's story as a case: every stage is generated, applied, and all of it reverted and applied again.
pub fn cases() -> Vec<Case> {
    let create = |up, down| Expect::plan(up, down);
    let case = Case::new("seed_course_story", Both, Sql::NONE)
        .step(|| stage(0), create(&["CreateTable(books)"], &["DropTable(books)"]))
        .step(|| stage(1), create(&["CreateTable(articles)"], &["DropTable(articles)"]))
        .step(|| stage(2), create(&["CreateTable(users)"], &["DropTable(users)"]))
        .step(
            || stage(3),
            create(
                &["CreateTable(stores)", "CreateTable(items)"],
                &["DropTable(items)", "DropTable(stores)"],
            ),
        )
        .step(
            || stage(4),
            create(&["AddColumn(books.page_count)"], &["DropColumn(books.page_count)"]),
        )
        .step_with(
            || stage(5),
            flags(5),
            create(
                &["AddColumn(books.status)", "Backfill(books.status)", "AlterNull(books.status)"],
                &["DropColumn(books.status)"],
            ),
        );
    vec![case]
}

/// The flags that `migrate` needs to reach a stage.
pub fn flags(n: usize) -> &'static [&'static str] {
    if n == 5 { &["--default books.status='available'"] } else { &[] }
}
