//! The derive macro of sea-executor, which exports it.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::{Attribute, Data, DataStruct, DeriveInput, Error, Fields};

/// Implements `sea_executor::Decode` for the `Entity` next to a SeaORM `Model`, or makes an enum that derives `DeriveActiveEnum`
/// a type of a column.
#[proc_macro_derive(Decode, attributes(sea_orm))]
pub fn derive_decode(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    let written = match &input.data {
        // `#[sea_orm::model]` repeats derives on the model with relations, which is no row.
        Data::Struct(_) if input.ident == "ModelEx" => Ok(Tokens::new()),
        Data::Struct(data) => model(&input, data),
        Data::Enum(_) => Ok(column_type(&input)),
        Data::Union(_) => Err(Error::new_spanned(&input, "a union is neither a model nor a value")),
    };
    written.unwrap_or_else(Error::into_compile_error).into()
}

fn model(input: &DeriveInput, data: &DataStruct) -> syn::Result<Tokens> {
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(input, "a model has named members"));
    };
    let (mut members, mut columns) = (Vec::new(), 0_usize);
    for field in &fields.named {
        let Some(name) = &field.ident else { continue };
        if is_ignored(&field.attrs)? {
            members.push(quote!(#name: ::core::default::Default::default()));
        } else {
            members.push(quote!(#name: row.get(places.next()?)?));
            columns += 1;
        }
    }
    let model = &input.ident;
    Ok(quote! {
        impl ::sea_executor::Decode for Entity {
            const COLUMNS: usize = #columns;

            fn read(row: &impl ::sea_executor::RowSource) -> ::core::option::Option<#model> {
                let mut places = 0_usize..;
                ::core::option::Option::Some(#model { #(#members),* })
            }

            fn queries() -> &'static ::sea_executor::Queries<Self> {
                static QUERIES: ::std::sync::LazyLock<::sea_executor::Queries<Entity>> =
                    ::std::sync::LazyLock::new(::core::default::Default::default);
                &QUERIES
            }
        }
    })
}

/// Whether SeaORM leaves the member out of the columns.
fn is_ignored(attributes: &[Attribute]) -> syn::Result<bool> {
    let mut is_ignored = false;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("sea_orm")) {
        attribute.parse_nested_meta(|meta| {
            is_ignored |= meta.path.is_ident("ignore");
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Expr>()?;
            } else if meta.input.peek(syn::token::Paren) {
                let content;
                syn::parenthesized!(content in meta.input);
                content.parse::<Tokens>()?;
            }
            Ok(())
        })?;
    }
    Ok(is_ignored)
}

fn column_type(input: &DeriveInput) -> Tokens {
    let column_type = &input.ident;
    quote! {
        const _: () = {
            use ::sea_executor::derived::{FromPostgres, FromSqlite, ValueRef, sea_orm::ActiveEnum};

            type Value = <#column_type as ActiveEnum>::Value;

            impl FromSqlite for #column_type {
                fn from_sqlite(stored: ValueRef<'_>) -> ::core::option::Option<Self> {
                    Self::try_from_value(&<Value as FromSqlite>::from_sqlite(stored)?).ok()
                }
            }

            impl FromPostgres for #column_type {
                type Sent = <Value as FromPostgres>::Sent;

                fn from_postgres(sent: Self::Sent) -> ::core::option::Option<Self> {
                    Self::try_from_value(&<Value as FromPostgres>::from_postgres(sent)?).ok()
                }
            }
        };
    }
}
