//! The table of a noun, from which its code is written: the members that clients may write, and their rules.

/// A member as a client may give it: a value of a new row, or of a change, in which it may be absent or `null`.
pub(crate) trait Given<T> {
    fn given(&mut self) -> Option<&mut T>;
}

impl<T> Given<T> for T {
    fn given(&mut self) -> Option<&mut T> {
        Some(self)
    }
}

impl<T> Given<T> for Option<T> {
    fn given(&mut self) -> Option<&mut T> {
        self.as_mut()
    }
}

impl<T> Given<T> for Option<Option<T>> {
    fn given(&mut self) -> Option<&mut T> {
        self.as_mut().and_then(Option::as_mut)
    }
}

/// Writes a change of a row: the given members, each of which may be absent, and those that only the server sets and that a client
/// may send back as it read them.
macro_rules! changes {
    ($(#[$about:meta])* pub struct $changes:ident {
        $($(#[$about_member:meta])* pub $member:ident: $type:ty,)*
    }) => {
        #[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$about])*
        pub struct $changes {
            $($(#[$about_member])* pub $member: $type,)*
            /// May be sent back.
            #[schema(read_only)]
            #[serde(default, deserialize_with = "crate::json::whole_or_null")]
            pub id: Option<i32>,
            /// The version that the change is based on; an older one is refused.
            #[schema(minimum = 1)]
            #[serde(default, deserialize_with = "crate::json::whole_or_null")]
            pub version: Option<i32>,
            /// May be sent back.
            #[schema(read_only)]
            pub created_at: Option<chrono::DateTime<chrono::Utc>>,
            /// May be sent back.
            #[schema(read_only)]
            pub updated_at: Option<chrono::DateTime<chrono::Utc>>,
        }
    };
}
pub(crate) use changes;

/// Makes an entity with its [`Resource`] a [`Noun`], by the table of the members that clients may write: `member => rule`, in the
/// order of the columns. The rule is a function of [`Rules`](crate::check::Rules), the member's name and its value, where there is
/// one. `parents` names the function of [`Noun::check_parents`], `related` a member whose values are rows of other tables, and the module
/// that stores them.
macro_rules! noun {
    ($resource:ident of $($table:ident)::+: $new:ident, $changes:ident {
        $($member:ident $(=> $rule:expr)?,)*
    } $(parents: $check_parents:ident)? $(related: $related:ident)?) => {
        impl $crate::noun::Listed for $($table)::+::Model {
            fn resource() -> &'static $crate::query::Resource<$($table)::+::Entity> {
                &$resource
            }
        }

        impl $crate::check::Check for $new {
            fn apply(&mut self, rules: &mut $crate::check::Rules) {
                $($crate::noun::check!(self.$member, rules, stringify!($member) $(, $rule)?);)*
                $($crate::noun::check!(self.$related, rules, stringify!($related), $crate::$related::check);)?
            }
        }

        impl $crate::check::Check for $changes {
            fn apply(&mut self, rules: &mut $crate::check::Rules) {
                $($crate::noun::check!(self.$member, rules, stringify!($member) $(, $rule)?);)*
                $($crate::noun::check!(self.$related, rules, stringify!($related), $crate::$related::check);)?
            }
        }

        impl $crate::noun::Noun for $($table)::+::Model {
            type Table = $($table)::+::Entity;
            type Row = $($table)::+::ActiveModel;
            type New = $new;
            type Changes = $changes;
            const MEMBERS: &'static [&'static str] = &[$(stringify!($member)),*];
            const WRITTEN: &'static [&'static str] =
                &[$(stringify!($member),)* $(stringify!($related))?];
            const ID: $($table)::+::Column = $($table)::+::Column::Id;
            const VERSION: $($table)::+::Column = $($table)::+::Column::Version;
            const UPDATED_AT: $($table)::+::Column = $($table)::+::Column::UpdatedAt;

            fn row(new: &$new, now: chrono::DateTime<chrono::Utc>) -> Self::Row {
                use sea_orm::ActiveValue::{NotSet, Set};
                let $new { $($member,)* $($related: _)? } = new;
                $($table)::+::ActiveModel {
                    id: NotSet,
                    $($member: Set($member.clone().into()),)*
                    created_at: Set(now),
                    updated_at: Set(now),
                    version: Set(1),
                }
            }

            fn apply(changes: &$changes, row: &mut Self::Row) {
                let $changes { $($member,)* $($related: _,)? id: _, version: _, created_at: _, updated_at: _ } = changes;
                $(if let Some(value) = $member {
                    row.$member.set_ne(value.clone().into());
                })*
            }

            fn overwrite(new: &$new, named: &[bool], row: &mut Self::Row) {
                let (mut named, $new { $($member,)* $($related: _)? }) = (named.iter(), new);
                $(if named.next() == Some(&true) {
                    row.$member.set_ne($member.clone().into());
                })*
            }

            fn read_only(changes: &$changes) -> $crate::precondition::ReadOnlyFields {
                let &$changes { id, version, created_at, updated_at, .. } = changes;
                $crate::precondition::ReadOnlyFields { id, version, created_at, updated_at }
            }

            fn row_version(&self) -> $crate::precondition::RowVersion {
                let &Self { id, version, created_at, updated_at, .. } = self;
                $crate::precondition::RowVersion { id, version, created_at, updated_at }
            }

            fn serialize_members<S: serde::ser::SerializeStruct>(
                &self,
                members: &mut S,
            ) -> std::result::Result<(), S::Error> {
                $($crate::json::Member::add_to(&self.$member, stringify!($member), members)?;)*
                Ok(())
            }

            fn cells(&self) -> Vec<std::borrow::Cow<'_, str>> {
                vec![$($crate::csv_escape::Cell::cell(&self.$member)),*]
            }

            $(async fn add_related(
                db: &impl $crate::database::Changes,
                id: i32,
                new: &$new,
            ) -> $crate::Result<()> {
                if let Some(given) = &new.$related {
                    $crate::$related::set(db, id, given).await?;
                }
                Ok(())
            }

            async fn change_related(
                db: &impl $crate::database::Changes,
                id: i32,
                changes: &$changes,
            ) -> $crate::Result<bool> {
                match &changes.$related {
                    Some(given) => {
                        $crate::$related::set(db, id, given.as_deref().unwrap_or_default()).await
                    }
                    None => Ok(false),
                }
            }

            fn expect_columns(changes: &$changes) -> $crate::Result<()> {
                $crate::$related::expect_none(changes.$related.is_some())
            })?

            $(async fn check_parents(
                db: &impl $crate::database::Changes,
                row: &Self::Row,
            ) -> $crate::Result<()> {
                $check_parents(db, row).await
            })?
        }
    };
}
pub(crate) use noun;

/// Holds a member against its rule, where it has one.
macro_rules! check {
    ($value:expr, $rules:ident, $name:expr) => {};
    ($value:expr, $rules:ident, $name:expr, $rule:expr) => {
        if let Some(value) = $crate::noun::Given::given(&mut $value) {
            $rule($rules, $name, value);
        }
    };
}
pub(crate) use check;
