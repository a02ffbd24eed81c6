//! One connection from its first byte to its end.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::Shared;
use super::cancel::{self, Target};
use super::establish::{Established, Held, establish};
use super::greet::{Greeted, Refused, greet};
use super::pump::{Bounds, End, Guard, Pump, Remains, Signal};
use super::registry::Origin;
use super::resolve::Ending;
use super::stream::{Plain, Stream};
use super::tally::Tally;
use wire::Report;

/// How long a client may take to read its last message before its socket is closed regardless.
/// Closing at once could throw the message away together with what the client still sends.
const LINGER_MAX: Duration = Duration::from_secs(1);

/// How often a statement without a client is cancelled, and what the server gets to close behind each.
const CANCELS_MAX: usize = 10;
/// All of them together: a server that cannot be reached takes each one's time to dial.
const CANCELS_WITHIN: Duration = Duration::from_secs(5);
const CANCEL_PAUSE: Duration = Duration::from_millis(300);

/// Serves one connection.
pub(super) async fn serve(shared: &Arc<Shared>, plain: Plain, mut origin: Origin, tally: &Tally) {
    let policy = shared.policy.load_full();
    // Boxed apart, so that the state of a login is gone while the session lives.
    let greeted = Box::pin(timeout(
        policy.limits.login,
        greet(shared, &policy, plain, &mut origin),
    ))
    .await;
    let established = match greeted {
        Ok(Ok(Greeted::Client(client))) => {
            Box::pin(establish(shared, &policy, *client, &origin)).await
        }
        Ok(Ok(Greeted::Cancel {
            stream,
            process,
            secret,
        })) => return cancel_for(shared, stream, process, &secret).await,
        Ok(Err(refused)) => Err(refused),
        Err(_) => Err(Refused::Close("login timeout")),
    };
    match established {
        Ok(established) => carry(shared, established, tally).await,
        Err(Refused::Close(reason)) => count_refusal(reason),
        Err(Refused::Tell(stream, report, reason)) => {
            count_refusal(reason);
            write_last(stream, &report.encode()).await;
        }
    }
}

fn count_refusal(reason: &'static str) {
    metrics::counter!("relay_refusals_total", "reason" => reason).increment(1);
}

async fn cancel_for(shared: &Shared, stream: Stream, process: i32, secret: &[u8]) {
    let target = shared.keys.find(process, secret);
    let outcome = if target.is_some() { "sent" } else { "unknown" };
    metrics::counter!("relay_cancels_total", "outcome" => outcome).increment(1);
    if let Some(target) = target {
        cancel::forward(&target).await;
    }
    // The client's connection closes only now: libpq takes that for "the cancel was delivered".
    drop(stream);
}

/// Carries an established session to its end.
async fn carry(shared: &Arc<Shared>, established: Established, tally: &Tally) {
    let Established {
        client,
        server,
        greeting,
        access,
        limits,
        held,
    } = established;
    let signal = signal(shared.clone(), held.ending.clone());
    let entry = held.registered.entry.clone();
    let guard = Guard::new(access, shared.verdicts.clone(), shared.denials.clone());
    let bounds = Bounds::new(limits, shared.registry.under(&entry.place));
    let target = held.key.target.clone();
    let orders = (shared.orders.subscribe(), Arc::clone(&shared.resolve));
    let pump = match Pump::new(
        (client, server, target),
        &greeting,
        (entry, guard, bounds),
        orders,
        signal,
    ) {
        Ok(pump) => pump,
        Err(_) => return,
    };
    drop(greeting);
    let remains = pump.run(tally).await;
    end(held, remains).await;
}

/// Completes when the session must end from outside. Wakes its task at every change of the orders,
/// so that the pump looks at them.
async fn signal(
    shared: Arc<Shared>,
    mut ending: tokio::sync::watch::Receiver<Option<Ending>>,
) -> Signal {
    let mut orders = shared.orders.subscribe();
    let ended = async {
        match ending
            .wait_for(Option::is_some)
            .await
            .map(|end| end.clone())
        {
            Ok(Some(end)) => end,
            // Whoever could end the session is gone; then nothing will.
            _ => std::future::pending().await,
        }
    };
    let drained = async {
        let stops = orders.wait_for(|orders| orders.drain_until.is_some());
        match stops.await.map(|orders| orders.drain_until) {
            Ok(Some(deadline)) => deadline,
            _ => std::future::pending().await,
        }
    };
    tokio::select! {
        biased;
        ending = ended => Signal::End(ending.into()),
        deadline = drained => Signal::Drain(
            Report::fatal("57P01", "terminating connection because standin is stopping"),
            deadline,
        ),
    }
}

/// The one way in which a session ends: key, server, place and lease go, then the client.
async fn end(held: Held, remains: Remains) {
    let Held {
        key,
        registered,
        ending,
        lease,
    } = held;
    let target = key.target.clone();
    drop(key);
    if remains.busy {
        let cancel = cancel_until_gone(target, remains.server);
        if remains.end == End::ClientGone {
            cancel.await;
        } else {
            tokio::spawn(cancel);
        }
    }
    drop((registered, ending, lease));
    let reason = match remains.end {
        End::Goodbye => "goodbye",
        End::ClientGone => "client gone",
        End::ServerGone => "server gone",
        End::Told(reason) => reason,
    };
    metrics::counter!("relay_sessions_ended_total", "reason" => reason).increment(1);
    if remains.end != End::ClientGone {
        finish_writing(remains.client).await;
    }
}

/// Cancels what a server does for nobody until it has closed, bounded.
///
/// Once is not enough: a cancel that comes before the server has begun the statement does nothing,
/// and the statement would run on.
async fn cancel_until_gone(target: Arc<Target>, mut server: Stream) {
    let closed = async {
        let _ = server.shutdown().await;
        let mut rest = [0; 1024];
        while matches!(server.read(&mut rest).await, Ok(1..)) {}
    };
    tokio::pin!(closed);
    let cancels = async {
        for _ in 0..CANCELS_MAX {
            cancel::forward(&target).await;
            if timeout(CANCEL_PAUSE, &mut closed).await.is_ok() {
                return true;
            }
        }
        false
    };
    // The session keeps its place in the limits until then.
    if timeout(CANCELS_WITHIN, cancels).await == Ok(true) {
        return;
    }
    tracing::debug!("a server still works for a session that is over");
}

/// Writes the last that a client without a session gets, bounded: it may not read.
pub(super) async fn write_last(mut stream: Stream, bytes: &[u8]) {
    let write = async {
        stream.write_all(bytes).await?;
        stream.flush().await
    };
    if matches!(timeout(LINGER_MAX, write).await, Ok(Ok(()))) {
        finish_writing(stream).await;
    }
}

/// Closes our side and reads what the client still sends until it closes too, bounded.
async fn finish_writing(mut stream: Stream) {
    let linger = async {
        let _ = stream.shutdown().await;
        let mut rest = [0; 1024];
        while matches!(stream.read(&mut rest).await, Ok(1..)) {}
    };
    let _ = timeout(LINGER_MAX, linger).await;
}
