//! What the clients of a server may take together.

use clap::Args;

/// Descriptors that are left for the database, files that are handed in, and the process itself.
const OWN_DESCRIPTORS: u64 = 128;
/// Connections that a server has however few descriptors it may have.
const FEWEST_CONNECTIONS: usize = 16;

/// Bounds of all clients together, as flags.
#[derive(Clone, Copy, Debug, Args)]
pub struct Budget {
    /// Connections at the same time, or fewer where the process may have fewer descriptors; others wait to be accepted
    #[arg(long, env = "BOOKPLATE_CONNECTIONS", value_name = "COUNT", default_value_t = 10_000)]
    #[arg(value_parser = connections)]
    pub connections: usize,
    /// Encoders of brotli for answers that are streamed, each about 1 MB, and four times as many of gzip; others are sent as they
    /// are
    #[arg(long, env = "BOOKPLATE_ENCODERS", value_name = "COUNT", default_value_t = 4)]
    #[arg(value_parser = encoders)]
    pub encoders: usize,
    /// Megabytes (MiB) of answers in memory that clients have not read. Beyond, one who reads nothing for a second is ended,
    /// otherwise after 25 seconds
    #[arg(
        long = "unread-mb",
        env = "BOOKPLATE_UNREAD_MB",
        value_name = "MIB",
        default_value = "4"
    )]
    #[arg(value_parser = megabytes)]
    pub unread: usize,
}

fn connections(text: &str) -> Result<usize, String> {
    within(text, FEWEST_CONNECTIONS, 1_000_000)
}

fn encoders(text: &str) -> Result<usize, String> {
    within(text, 0, 10_000)
}

fn megabytes(text: &str) -> Result<usize, String> {
    within(text, 1, 1 << 20).map(|megabytes| megabytes << 20)
}

fn within(text: &str, least: usize, most: usize) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("expected a number from {least} to {most}"))
}

impl Budget {
    /// The same, as far as the process may have descriptors for it. Raises its limit to the highest that it may set.
    pub fn within_descriptors(self) -> Self {
        #[cfg(unix)]
        {
            use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

            let limit = getrlimit(Resource::Nofile);
            let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
            let current = match setrlimit(Resource::Nofile, raised) {
                Ok(()) => limit.maximum,
                Err(error) => {
                    log::debug!("the limit of open files cannot be raised: {error}");
                    limit.current
                }
            };
            let most = current.map_or(u64::MAX, |most| most.saturating_sub(OWN_DESCRIPTORS));
            let most = usize::try_from(most).unwrap_or(usize::MAX).max(FEWEST_CONNECTIONS);
            if most < self.connections {
                log::warn!(
                    "only {most} connections, since the process may open {} files; raise that with `ulimit -n`",
                    current.unwrap_or_default()
                );
            }
            Self { connections: self.connections.min(most), ..self }
        }
        #[cfg(not(unix))]
        self
    }
}
