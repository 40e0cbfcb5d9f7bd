//! Gives each book its author, through the tables as they are here.

use sea_revise::prelude::*;

mod models;

use models::{
    author, book,
    sea_orm::{ActiveValue::Set, QueryOrder as _, entity::prelude::*, sea_query::Expr},
    sea_orm_active_enums::Kind,
};

#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for book in book::Entity::find().order_by_asc(book::Column::Id).all(db).await? {
            let known = author::Entity::find().filter(author::Column::Name.eq(&book.writer));
            let id = match known.one(db).await? {
                Some(author) => author.id,
                None => {
                    let (name, kind) = (Set(book.writer.clone()), Set(Kind::House));
                    let author = author::ActiveModel { name, kind, ..Default::default() };
                    author.insert(db).await?.id
                }
            };
            let mut book = book::ActiveModel::from(book);
            book.author_id = Set(Some(id));
            book.update(db).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let nobody = Expr::value(None::<i32>);
        let books = book::Entity::update_many().col_expr(book::Column::AuthorId, nobody);
        books.exec(manager.get_connection()).await.map(drop)
    }
}
