//! The HTTP server: built, bound, run until it is asked to stop, and stopped without losing a request.

use std::{future::ready, net::SocketAddr, rc::Rc, sync::Arc, time::Duration};

use actix_http::HttpService;
use actix_server::Server;
use actix_service::{ServiceFactoryExt, apply_fn_factory, fn_service, map_config};
use actix_web::{
    App,
    dev::AppConfig,
    middleware::from_fn,
    rt::net::TcpStream,
    web::{self, Data},
};
use anyhow::{Context, Result};
use service::{Db, imports::Imports};
use utoipa::openapi::OpenApi;

use crate::{
    books,
    budget::Budget,
    compress::{self, Places},
    connection::{Connection, HEAD_DEADLINE, exchange, load::Load},
    contract::{self, Contract},
    docs, duplicates, exports,
    fitted::SLICE,
    head,
    health::{self, Readiness},
    host::Exposure,
    imports, items,
    list::DefaultLimit,
    listener::Listener,
    merges, openapi, problems, request,
    response_cache::{self, ResponseCache},
    routes::Routes,
    stores, subjects,
};

/// How long a connection may be idle between requests.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// How long a client that was answered early may continue to send a body that is not read.
const LINGER: Duration = Duration::from_millis(500);
/// Seconds that running requests may take to end when the process is asked to stop.
const LAST_REQUESTS: u64 = 15;
/// Time in which the accepting thread accepts the connections that the system has completed.
const TAKE_OVER: Duration = Duration::from_millis(10);
/// How long the first request of a connection may take to arrive when the port closes.
const LAST_ARRIVALS: Duration = Duration::from_millis(250);

/// How to serve.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Where to listen.
    pub address: SocketAddr,
    /// Who may use the server.
    pub exposure: Exposure,
    /// Threads that handle requests.
    pub workers: usize,
    /// Rows of a list that is requested without a page.
    pub list_limit: u64,
    /// Size of the response cache in bytes.
    pub answers: usize,
    /// The limits on its clients.
    pub budget: Budget,
}

/// The OpenAPI document of the service.
pub fn document() -> OpenApi {
    openapi::document(routes)
}

/// Every route of the service.
fn routes(config: &mut impl Routes) {
    duplicates::routes(config);
    books::routes(config);
    stores::routes(config);
    subjects::routes(config);
    items::routes(config);
    exports::routes(config);
    imports::routes(config);
    merges::routes(config);
    problems::routes(config);
    docs::routes(config);
    config
        .service(health::show_health)
        .service(health::show_readiness)
        .service(health::show_version)
        .service(contract::show_openapi);
}

/// What the handlers share.
pub struct Shared {
    /// The database.
    pub db: Db,
    /// Whether the service is ready.
    pub readiness: Data<Readiness>,
    /// Uploaded files.
    pub imports: Imports,
}

/// The shared state that every thread passes to its handlers.
#[derive(Clone)]
struct Handed {
    db: Data<Db>,
    answers: Data<ResponseCache>,
    imports: Data<Imports>,
    readiness: Data<Readiness>,
    contract: Data<Contract>,
    exposure: Data<Exposure>,
    cap: Data<DefaultLimit>,
    load: Data<Load>,
    places: Data<Places>,
}

impl Handed {
    fn new(options: Options, shared: Shared, load: &Arc<Load>) -> Self {
        Self {
            answers: Data::new(ResponseCache::new(shared.db.clone(), options.answers)),
            db: Data::new(shared.db),
            imports: Data::new(shared.imports),
            readiness: shared.readiness,
            contract: Data::new(Contract::new(document)),
            exposure: Data::new(options.exposure),
            cap: Data::new(DefaultLimit(options.list_limit)),
            load: Data::from(Arc::clone(load)),
            places: Data::new(Places::new(options.budget.encoders)),
        }
    }

    fn hand(&self, config: &mut web::ServiceConfig) {
        config
            .app_data(self.db.clone())
            .app_data(self.answers.clone())
            .app_data(self.imports.clone())
            .app_data(self.readiness.clone())
            .app_data(self.contract.clone())
            .app_data(self.exposure.clone())
            .app_data(self.cap.clone())
            .app_data(self.load.clone())
            .app_data(self.places.clone());
    }
}

/// A server that is bound.
pub struct Bound {
    /// Runs when it is awaited.
    pub server: Server,
    /// The resources of its connections, and the signal to shut down.
    pub load: Arc<Load>,
    listener: Listener,
}

impl Bound {
    /// The address, with its port.
    pub fn address(&self) -> Option<SocketAddr> {
        self.listener.address()
    }

    /// Accepts the last requests and closes the port. Completed connections are accepted first; new ones are refused.
    pub async fn close(listener: Listener, load: &Load) {
        listener.turn_away();
        tokio::time::sleep(TAKE_OVER).await;
        let quiet = async {
            while load.is_expecting() {
                tokio::time::sleep(TAKE_OVER).await;
            }
        };
        drop(tokio::time::timeout(LAST_ARRIVALS, quiet).await);
    }

    /// The parts, to be used after the server was moved to its task.
    pub fn split(self) -> (Server, Listener, Arc<Load>) {
        (self.server, self.listener, self.load)
    }
}

/// Binds `address`.
///
/// # Errors
/// When the address cannot be bound.
pub fn bind(options: Options, shared: Shared) -> Result<Bound> {
    let Options { address, workers, budget, .. } = options;
    let load = Load::new(workers, budget.connections, budget.unread);
    let data = Handed::new(options, shared, &load);
    let app = move || {
        App::new()
            .configure(|config| data.hand(config))
            .configure(routes)
            .default_service(web::to(contract::fallback))
            .wrap(from_fn(compress::encode))
            .wrap(from_fn(response_cache::serve))
            .wrap(from_fn(request::middleware))
            .wrap(from_fn(head::end_streams))
    };
    let builder = Server::build()
        .workers(workers)
        .max_concurrent_connections((budget.connections / workers).max(1))
        .shutdown_timeout(LAST_REQUESTS)
        .disable_signals();
    let ends = builder.graceful_shutdown_signal();
    let listener = Listener::bind(address)?;
    let (address, counted) = (listener.address().unwrap_or(address), Arc::clone(&load));
    let builder = builder.listen("bookplate", listener.share()?, move || {
        let (ends, counted) = (ends.clone(), Arc::clone(&counted));
        let opened = Arc::clone(&counted);
        let app = map_config(app(), |_| AppConfig::default());
        let http = HttpService::build()
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD_DEADLINE)
            .client_disconnect_timeout(LINGER)
            .h1_write_buffer_size(SLICE)
            .local_addr(address)
            .graceful_shutdown_signal(move || {
                let ends = ends.clone();
                async move { ends.notified().await }
            })
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(Rc::clone(connection.progress()));
            })
            .h1(apply_fn_factory(app, move |request, service: &_| {
                exchange::answer(request, service, &counted)
            }));
        fn_service(move |stream: TcpStream| {
            let peer = stream.peer_addr().ok();
            ready(Ok((Connection::new(stream, &opened), peer)))
        })
        .and_then(http)
    });
    let server = builder.context("the server cannot use its listener")?.run();
    Ok(Bound { server, load, listener })
}
