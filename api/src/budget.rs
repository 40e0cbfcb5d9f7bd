//! Limits on the resources that all clients of a server share.

use clap::Args;

/// Descriptors that are reserved for the database, uploaded files, and the process itself.
const OWN_DESCRIPTORS: u64 = 128;
/// The minimum number of connections, however few descriptors the process may have.
const FEWEST_CONNECTIONS: usize = 16;

/// Limits for all clients together, as flags.
#[derive(Clone, Copy, Debug, Args)]
pub struct Budget {
    /// Connections at the same time, or fewer if the process may have fewer descriptors; others wait to be accepted
    #[arg(long, env = "BOOKPLATE_CONNECTIONS", value_name = "COUNT", default_value_t = 10_000)]
    #[arg(value_parser = connections)]
    pub connections: usize,
    /// Encoders of brotli for streamed responses, each about 1 MB, and four times as many of gzip; further responses are not
    /// compressed
    #[arg(long, env = "BOOKPLATE_ENCODERS", value_name = "COUNT", default_value_t = 2)]
    #[arg(value_parser = encoders)]
    pub encoders: usize,
    /// Megabytes (MiB) of responses in memory that clients have not read. Beyond that, a client that reads nothing for a second
    /// is disconnected, otherwise after 25 seconds
    #[arg(
        long = "unread-mb",
        env = "BOOKPLATE_UNREAD_MB",
        value_name = "MIB",
        default_value = "2"
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
    /// The same, limited by the descriptors that the process may have. Raises the limit of the process to the highest it may set.
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
