//! What handlers are registered with: a server, or the OpenAPI document, which also wants to know what they do.

use actix_web::{dev::HttpServiceFactory, web};
use utoipa_actix_web::{OpenApiFactory, service_config::ServiceConfig};

/// What takes handlers.
pub trait Routes {
    /// Takes a handler that is described.
    fn service<H: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: H,
    ) -> &mut Self;

    /// Takes one that is not.
    fn undescribed<H: HttpServiceFactory + 'static>(&mut self, handler: H) -> &mut Self;
}

/// The thread of a server describes nothing: it would keep the memory which that takes.
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
}

impl Routes for ServiceConfig<'_> {
    fn service<H: HttpServiceFactory + OpenApiFactory + 'static>(
        &mut self,
        handler: H,
    ) -> &mut Self {
        Self::service(self, handler)
    }

    fn undescribed<H: HttpServiceFactory + 'static>(&mut self, handler: H) -> &mut Self {
        self.map(|config| config.service(handler))
    }
}
