//! The listening socket, and how it is closed without a lost request.

use std::net::{SocketAddr, TcpListener};

use anyhow::{Context, Result};
use socket2::{Domain, Socket, Type};

/// The backlog: connections that the system completes before the server accepts them.
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
            // A restarted server need not wait for the connections of the previous one.
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

    /// From now on no connection is begun; those whose handshake has begun are completed, and can still be accepted. Only closing
    /// the socket would reset them, with the requests that were sent on them. Does nothing on systems without socket filters.
    pub fn turn_away(&self) {
        #[cfg(target_os = "linux")]
        {
            // Drops the packets with SYN among the flags, which are the 14th byte of the TCP header, and passes all others.
            const LOAD_BYTE: u16 = 0x30;
            const IF_BITS: u16 = 0x45;
            const RETURN: u16 = 0x06;
            let no_new_ones = [
                socket2::SockFilter::new(LOAD_BYTE, 0, 0, 13),
                socket2::SockFilter::new(IF_BITS, 0, 1, 0x02),
                socket2::SockFilter::new(RETURN, 0, 0, 0),
                socket2::SockFilter::new(RETURN, 0, 0, u32::MAX),
            ];
            if let Err(error) = self.0.attach_filter(&no_new_ones) {
                log::debug!(
                    "new connections cannot be turned away before the port closes: {error}"
                );
            }
        }
    }
}
