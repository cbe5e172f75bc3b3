//! Owns how sinks listen: with room for all the connections an engine opens at the moment it begins
//! to send. With the usual 128 the kernel drops the others, and they come again seconds later: that
//! would be measured as the engine's. Refuses to accept.

use std::io;

use tokio::net::{TcpListener, TcpSocket, lookup_host};

/// Connections that may wait to be accepted; the kernel cuts it to `net.core.somaxconn`.
const WAITING: u32 = 4_096;

/// Listens on the first address of `addr` that can be listened on.
pub(super) async fn listen(addr: &str) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::AddrNotAvailable, "the name has no address");
    for addr in lookup_host(addr).await? {
        let socket = if addr.is_ipv4() {
            TcpSocket::new_v4()?
        } else {
            TcpSocket::new_v6()?
        };
        socket.set_reuseaddr(true)?;
        match socket.bind(addr).and_then(|()| socket.listen(WAITING)) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::net::TcpStream;

    use super::*;

    /// Against the dropped connection, which would come again after a second, then three, then
    /// seven.
    const WATCHDOG: Duration = Duration::from_secs(30);

    #[tokio::test]
    async fn many_connections_may_wait_to_be_accepted() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let connections = (0..400).map(|_| tokio::spawn(TcpStream::connect(addr)));
        let mut open = Vec::new();
        for connection in connections.collect::<Vec<_>>() {
            open.push(
                tokio::time::timeout(WATCHDOG, connection)
                    .await
                    .expect("none is dropped")
                    .unwrap()
                    .unwrap(),
            );
        }
        assert_eq!(open.len(), 400);
    }
}
