//! The way in for PostgreSQL's own programs: a socket of ours, behind which are sessions that are
//! logged in already. No password leaves the process, and errors are read from the protocol rather
//! than from what a program prints.

use std::io;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::frames::ServerError;
use super::{DialError, Dialling, HEADER, Wire, frames};

/// The number in the socket's name.
const PORT: u16 = 1;

/// Begins the name of a gate's directory, among the system's temporary files.
const DIRECTORY: &str = "standin-gate-";

/// Between two looks at a gate where nobody listens: one that is being made listens by the second.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// A startup packet (PostgreSQL source, `MAX_STARTUP_PACKET_LENGTH`).
const STARTUP_BYTES_MAX: usize = 10_000;

/// Requests for encryption: `SSLRequest` and `GSSENCRequest`.
const ENCRYPT: [u32; 2] = [80_877_103, 80_877_104];

/// `CancelRequest`.
const CANCEL: u32 = 80_877_102;

/// How long servers may take to close what a program has left.
const CLOSE_WAIT: Duration = Duration::from_secs(1);

const PIPE_BYTES: usize = 64 * 1024;

/// Longer statements are asked as they are.
const EDIT_BYTES_MAX: u32 = 64 * 1024 * 1024;

/// Of an error only its beginning is looked at.
const ERROR_BYTES_MAX: usize = 64 * 1024;

/// A socket in a directory that nobody else can enter; both are gone when this is dropped.
pub(crate) struct Gate {
    directory: tempfile::TempDir,
    listener: UnixListener,
    uid: u32,
}

impl Gate {
    /// Opens the gate for a user, or for our own.
    pub(crate) fn open(owner: Option<(u32, u32)>) -> io::Result<Self> {
        let directory = tempfile::Builder::new()
            .prefix(DIRECTORY)
            .permissions(std::fs::Permissions::from_mode(0o700))
            .tempdir()?;
        let socket = directory.path().join(socket());
        let listener = UnixListener::bind(&socket)?;
        if let Some((uid, gid)) = owner {
            for path in [directory.path(), &socket] {
                std::os::unix::fs::chown(path, Some(uid), Some(gid))?;
            }
        }
        let own = rustix::process::geteuid().as_raw();
        Ok(Self {
            directory,
            listener,
            uid: owner.map_or(own, |(uid, _)| uid),
        })
    }

    /// The directory of the socket, for `PGHOST`; files of the program may lie in it.
    pub(crate) fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// The number in the socket's name, for `PGPORT`.
    pub(crate) fn port() -> String {
        PORT.to_string()
    }

    /// Lets sessions in for as long as `program` runs, as `behind` says.
    pub(crate) async fn serve<T>(
        &self,
        behind: &Behind<'_>,
        program: impl Future<Output = T>,
    ) -> T {
        let mut program = std::pin::pin!(program);
        let mut sessions = FuturesUnordered::new();
        let ended = loop {
            tokio::select! {
                Ok((stream, _)) = self.listener.accept() => {
                    // The directory lets nobody else in; this says so once more.
                    let peer = stream.peer_cred().map(|peer| peer.uid());
                    if peer.is_ok_and(|uid| uid == self.uid) {
                        sessions.push(session(stream, behind));
                    }
                }
                Some(()) = sessions.next() => {}
                ended = &mut program => break ended,
            }
        };
        // They end by themselves behind a program that has ended; one that does not is cancelled.
        let rest = async { while sessions.next().await.is_some() {} };
        tokio::time::timeout(CLOSE_WAIT, rest).await.ok();
        ended
    }
}

fn socket() -> String {
    format!(".s.PGSQL.{PORT}")
}

/// Removes what the gates of processes that were killed have left: a socket where nobody listens, and
/// the names of a schema's objects.
///
/// `account` is the user and group for whom gates are opened, where they are not our own; what belongs to
/// anybody else stays where it is.
pub fn sweep(account: Option<(u32, u32)>) {
    let entries = std::fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten();
    let left = entries.flatten().filter(|entry| {
        let name = entry.file_name();
        let is_gate = name.to_string_lossy().starts_with(DIRECTORY);
        // A link is no directory of ours, and another user's is none either.
        let own = rustix::process::geteuid().as_raw();
        let owners = [own, account.map_or(own, |(uid, _)| uid)];
        let found = entry.metadata();
        is_gate && found.is_ok_and(|found| found.is_dir() && owners.contains(&found.uid()))
    });
    let left = left.map(|entry| entry.path());
    for directory in left.filter(|directory| is_left(directory)) {
        std::thread::sleep(LOOK_AGAIN);
        if is_left(&directory) {
            std::fs::remove_dir_all(directory).ok();
        }
    }
}

fn is_left(directory: &Path) -> bool {
    let heard = std::os::unix::net::UnixStream::connect(directory.join(socket()));
    heard.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused)
}

/// What is behind a gate.
pub(crate) struct Behind<'a> {
    /// Makes the sessions.
    pub(crate) dial: &'a (dyn Fn() -> Dialling<'a, Wire> + Send + Sync),
    /// What is asked in place of a statement; `None` where it is asked as it is.
    pub(crate) edit: fn(&str) -> Option<String>,
    /// Where the first error goes.
    pub(crate) first: First,
}

/// What went wrong behind a gate first.
#[derive(Default)]
pub(crate) struct First(Mutex<Option<FirstError>>);

/// An error behind a gate.
pub(crate) enum FirstError {
    /// A server refused a statement.
    Told(ServerError),
    /// There was no session to be had.
    Dial(DialError),
}

impl First {
    fn put(&self, error: FirstError) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.get_or_insert(error);
    }

    pub(crate) fn take(&self) -> Option<FirstError> {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.take()
    }
}

/// One session; its end, whichever side breaks off, is no error here: the program says so.
async fn session(mut program: UnixStream, behind: &Behind<'_>) {
    if !matches!(begins(&mut program).await, Ok(true)) {
        return;
    }
    match (behind.dial)().await {
        Ok(wire) => {
            pipe(program, wire, behind).await.ok();
        }
        Err(error) => behind.first.put(FirstError::Dial(error)),
    }
}

/// Whether a session is asked for; encryption, which is asked for first, is refused.
async fn begins(program: &mut UnixStream) -> io::Result<bool> {
    loop {
        let length = program.read_u32().await? as usize;
        let length = length
            .checked_sub(4)
            .filter(|l| (4..STARTUP_BYTES_MAX).contains(l));
        let Some(length) = length else {
            return Ok(false);
        };
        let mut packet = vec![0; length];
        program.read_exact(&mut packet).await?;
        let code = u32::from_be_bytes([packet[0], packet[1], packet[2], packet[3]]);
        match code {
            code if ENCRYPT.contains(&code) => program.write_all(b"N").await?,
            CANCEL => return Ok(false),
            _ => return Ok(true),
        }
    }
}

async fn pipe(mut program: UnixStream, mut wire: Wire, behind: &Behind<'_>) -> io::Result<()> {
    // Whatever breaks off here may be within a statement.
    wire.busy = true;
    program.write_all(&wire.greeting).await?;
    let (mut from_program, mut to_program) = program.split();
    let (mut from_server, mut to_server) = tokio::io::split(&mut wire.stream);
    let asked = asks(&mut from_program, &mut to_server, behind.edit);
    let answered = answers(&mut from_server, &mut to_program, &behind.first);
    // A program that says no more may still be answered; the server closes when it has.
    tokio::select! {
        Err(error) = asked => return Err(error),
        ended = answered => ended?,
    }
    wire.busy = false;
    Ok(())
}

async fn asks(
    from_program: &mut (impl AsyncRead + Unpin),
    to_server: &mut (impl AsyncWrite + Unpin),
    edit: fn(&str) -> Option<String>,
) -> io::Result<()> {
    let mut header = [0; HEADER];
    loop {
        match from_program.read_exact(&mut header).await {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
            read => read?,
        };
        let [kind, a, b, c, d] = header;
        let length = u32::from_be_bytes([a, b, c, d]).saturating_sub(4);
        if kind != b'Q' || length > EDIT_BYTES_MAX {
            to_server.write_all(&header).await?;
            let mut body = (&mut *from_program).take(length.into());
            tokio::io::copy(&mut body, to_server).await?;
            continue;
        }
        let mut body = vec![0; length as usize];
        from_program.read_exact(&mut body).await?;
        let sql = std::str::from_utf8(&body).ok();
        if let Some(edited) = sql.and_then(|sql| edit(sql.trim_end_matches('\0'))) {
            body = edited.into_bytes();
            body.push(0);
        }
        let header = frames::header(kind, body.len());
        let header = header.map_err(|_| io::Error::other("a statement is too long"))?;
        to_server.write_all(&header).await?;
        to_server.write_all(&body).await?;
    }
    to_server.shutdown().await
}

async fn answers(
    from_server: &mut (impl AsyncRead + Unpin),
    to_program: &mut (impl AsyncWrite + Unpin),
    first: &First,
) -> io::Result<()> {
    let mut watch = Watch::default();
    let mut bytes = vec![0; PIPE_BYTES];
    loop {
        let length = from_server.read(&mut bytes).await?;
        if length == 0 {
            return Ok(());
        }
        watch.see(&bytes[..length], first);
        to_program.write_all(&bytes[..length]).await?;
    }
}

/// Finds errors among the frames that pass by.
#[derive(Default)]
struct Watch {
    header: Vec<u8>,
    /// What is still to come of the frame.
    left: usize,
    body: Vec<u8>,
}

impl Watch {
    fn see(&mut self, mut bytes: &[u8], first: &First) {
        while !bytes.is_empty() {
            if self.left == 0 {
                let missing = (HEADER - self.header.len()).min(bytes.len());
                self.header.extend_from_slice(&bytes[..missing]);
                bytes = &bytes[missing..];
                let [_, a, b, c, d] = self.header[..] else {
                    return;
                };
                self.left = (u32::from_be_bytes([a, b, c, d]) as usize).saturating_sub(4);
            }
            let here = self.left.min(bytes.len());
            if self.header[0] == b'E' {
                let room = ERROR_BYTES_MAX.saturating_sub(self.body.len());
                self.body.extend_from_slice(&bytes[..here.min(room)]);
            }
            self.left -= here;
            bytes = &bytes[here..];
            if self.left == 0 {
                if self.header[0] == b'E' {
                    first.put(FirstError::Told(ServerError::read(&self.body)));
                }
                self.header.clear();
                self.body.clear();
            }
        }
    }
}

/// The code of the first error among bytes that come in pieces.
#[cfg(test)]
pub(super) fn first_of(mut bytes: &[u8], cuts: &[usize]) -> Option<String> {
    let (first, mut watch) = (First::default(), Watch::default());
    let mut cuts = cuts.iter().cycle();
    while !bytes.is_empty() {
        let cut = cuts.next().map_or(1, |cut| (*cut).min(bytes.len()));
        watch.see(&bytes[..cut], &first);
        bytes = &bytes[cut..];
    }
    match first.take()? {
        FirstError::Told(error) => Some(error.fault().code),
        FirstError::Dial(_) => None,
    }
}
