//! Threads that carry sessions: each has a runtime of its own and keeps what it is given.
//!
//! A session never moves between threads, so its buffers, its sockets' events and its wake-ups stay
//! on one core and nothing is shared for a message.

use std::io;
use std::num::NonZeroUsize;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::Shared;
use super::registry::{Connection, Origin};
use super::session::serve;
use super::stream::{Plain, UnixSocket};
use super::tally::{Carried, Tally};
use super::upstream::tune;

/// Accepted connections that may wait for one worker; a worker takes hundreds in a millisecond.
const HANDED_MAX: usize = 1024;

/// A connection on its way from its listener to its worker.
pub(super) struct Arrival {
    pub(super) socket: Socket,
    pub(super) origin: Origin,
    pub(super) connection: Connection,
}

/// A socket that belongs to no runtime.
pub(super) enum Socket {
    Tcp(std::net::TcpStream),
    Unix(StdUnixStream),
}

/// Where one worker takes its connections.
struct Desk {
    arrivals: mpsc::Sender<Arrival>,
    /// Connections that the worker has.
    load: Arc<AtomicUsize>,
    tally: Arc<Tally>,
}

/// All workers.
pub(super) struct Workers {
    desks: Vec<Desk>,
}

impl Workers {
    /// Starts the threads; they end when the returned value is gone.
    pub(super) fn start(count: NonZeroUsize, shared: &Arc<Shared>) -> io::Result<Self> {
        let desks = (0..count.get())
            .map(|number| Desk::open(number, shared.clone()))
            .collect::<io::Result<_>>()?;
        Ok(Self { desks })
    }

    /// What all of them carried.
    pub(super) fn carried(&self) -> Carried {
        self.desks.iter().map(|desk| desk.tally.carried()).sum()
    }

    /// Gives a connection to the worker that has the fewest.
    pub(super) async fn hand(&self, arrival: Arrival) {
        let desk = self
            .desks
            .iter()
            .min_by_key(|desk| desk.load.load(Ordering::Relaxed));
        if let Some(desk) = desk {
            desk.load.fetch_add(1, Ordering::Relaxed);
            // A worker that is gone ends the connection: the relay is stopping.
            let _ = desk.arrivals.send(arrival).await;
        }
    }
}

impl Desk {
    fn open(number: usize, shared: Arc<Shared>) -> io::Result<Self> {
        let (arrivals, inbox) = mpsc::channel(HANDED_MAX);
        let load = Arc::new(AtomicUsize::new(0));
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let tally = Arc::new(Tally::default());
        let (counted, noted) = (load.clone(), tally.clone());
        std::thread::Builder::new()
            .name(format!("relay-{number}"))
            .spawn(move || runtime.block_on(work(shared, inbox, counted, noted)))?;
        Ok(Self {
            arrivals,
            load,
            tally,
        })
    }
}

async fn work(
    shared: Arc<Shared>,
    mut inbox: mpsc::Receiver<Arrival>,
    load: Arc<AtomicUsize>,
    tally: Arc<Tally>,
) {
    while let Some(arrival) = inbox.recv().await {
        let counted = Counted(load.clone());
        let Ok(plain) = adopt(arrival.socket) else {
            continue;
        };
        let (shared, tally) = (shared.clone(), tally.clone());
        tokio::spawn(async move {
            serve(&shared, plain, arrival.origin, &tally).await;
            drop((arrival.connection, counted));
        });
    }
}

/// Takes a connection off its worker's load when dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Makes a socket this runtime's.
fn adopt(socket: Socket) -> io::Result<Plain> {
    Ok(match socket {
        Socket::Tcp(socket) => {
            let socket = TcpStream::from_std(socket)?;
            tune(&socket)?;
            Plain::Tcp(socket)
        }
        Socket::Unix(socket) => Plain::Unix(UnixSocket::adopt(socket)?),
    })
}
