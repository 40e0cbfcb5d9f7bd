//! What handlers are registered with: a server, or the OpenAPI document, which also needs their descriptions.

use std::marker::PhantomData;

use actix_web::{dev::HttpServiceFactory, web};
use service::Noun;
use utoipa_actix_web::OpenApiFactory;

use crate::{autocomplete, facets, openapi::Class, projection::Representation, query};

/// Accepts handlers.
pub trait Routes: Sized {
    /// Registers a handler that describes itself.
    fn service<H: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: H,
    ) -> &mut Self;

    /// Registers one that is not described.
    fn undescribed<H: HttpServiceFactory + 'static>(&mut self, handler: H) -> &mut Self;

    /// Registers the handler of an operation on rows. What follows from its class is described for it.
    fn operation<T, H>(&mut self, class: Class, handler: H) -> &mut Self
    where
        T: Representation,
        H: HttpServiceFactory + OpenApiFactory + 'static;

    /// Registers the queries of a noun, lists whose parameters are a JSON body, its facets and suggestions.
    fn query<T: Noun + Representation>(&mut self) -> &mut Self;

    /// Begins the operations on the rows of a noun.
    fn resource<T: Representation>(&mut self) -> Operations<'_, Self, T> {
        Operations { routes: self, rows: PhantomData }
    }
}

/// The operations on the rows of a noun.
pub struct Operations<'a, R, T> {
    routes: &'a mut R,
    rows: PhantomData<T>,
}

impl<R: Routes, T: Representation> Operations<'_, R, T> {
    /// Registers the handler of one.
    pub fn add<H>(self, class: Class, handler: H) -> Self
    where
        H: HttpServiceFactory + OpenApiFactory + 'static,
    {
        self.routes.operation::<T, H>(class, handler);
        self
    }
}

impl<R: Routes, T: Noun + Representation> Operations<'_, R, T> {
    /// Registers the queries, the facets and the suggestions.
    pub fn query(self) -> Self {
        self.routes.query::<T>();
        self
    }
}

/// The threads of a server skip the descriptions: these would take memory.
impl Routes for web::ServiceConfig {
    fn service<H: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: H,
    ) -> &mut Self {
        self.undescribed(handler)
    }

    fn undescribed<H: HttpServiceFactory + 'static>(&mut self, handler: H) -> &mut Self {
        Self::service(self, handler)
    }

    fn query<T: Noun + Representation>(&mut self) -> &mut Self {
        let config = query::handlers::<T>()
            .into_iter()
            .fold(self, |config, handler| config.undescribed(handler));
        let more = facets::handlers::<T>().into_iter().chain(autocomplete::handlers::<T>());
        more.fold(config, |config, handler| config.undescribed(handler))
    }

    fn operation<T, H>(&mut self, _: Class, handler: H) -> &mut Self
    where
        T: Representation,
        H: HttpServiceFactory + OpenApiFactory + 'static,
    {
        self.undescribed(handler)
    }
}
