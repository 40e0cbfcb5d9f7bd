//! Where the server listens, and how it stops to without a lost request.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

/// Connections that the system completes before the server takes them over.
const BACKLOG: i32 = 2048;

/// A bound address.
pub struct Listener(Socket);

impl Listener {
    /// Listens on `address`.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(address: SocketAddr) -> Result<Self> {
        let bind = || {
            let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
            // A server that starts again need not wait for the connections of the last one.
            socket.set_reuse_address(true)?;
            socket.set_nonblocking(true)?;
            socket.bind(&address.into())?;
            socket.listen(BACKLOG)?;
            Ok::<_, std::io::Error>(Self(socket))
        };
        bind().with_context(|| {
            format!("cannot listen on {address}; choose another port with `--port`")
        })
    }

    /// The same listener, for the server.
    ///
    /// # Errors
    /// When the process has too many descriptors.
    pub fn share(&self) -> Result<TcpListener> {
        Ok(self.0.try_clone().context("the listener cannot be shared")?.into())
    }

    /// The address that was bound, with its port.
    pub fn address(&self) -> Option<SocketAddr> {
        self.0.local_addr().ok()?.as_socket()
    }

    /// From now on no new connection is completed; those that are can still be taken over. Closing alone would reset them,
    /// with the requests that were sent on them. Does nothing where the system has no filters for sockets.
    pub fn turn_away(&self) {
        #[cfg(target_os = "linux")]
        {
            // A program of one instruction: return 0, which is to let nothing of a packet in.
            const RETURN: u16 = 0x06;
            let nothing = [socket2::SockFilter::new(RETURN, 0, 0, 0)];
            if let Err(error) = self.0.attach_filter(&nothing) {
                log::debug!(
                    "new connections cannot be turned away before the port closes: {error}"
                );
            }
        }
    }
}
