//! Carries bytes both ways between one client and one server until one of them ends.
//!
//! One task polls both directions: no channel, no lock, no second task. It never predicts a reply
//! and never answers for the server.

mod bounds;
mod buffer;
mod flow;
mod guard;
mod portals;
mod rest;
mod watch;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::AsyncWrite;
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep};

pub(super) use self::bounds::{Bounds, Under};
pub(super) use self::guard::Guard;

use self::flow::{Broken, Flow, Moved};
use self::rest::Silence;
use self::watch::{ClientWatch, FLUSH, ServerWatch, Watch};
use super::cancel::{self, Target};
use super::registry::Entry;
use super::stream::Stream;
use super::tally::{Carried, Tally};
use super::{Orders, Resolve};
use wire::{FrameError, Report};

/// What the server gets to finish after a client's end without goodbye, before it is cancelled.
const HALF_CLOSE_MAX: Duration = Duration::from_millis(500);
/// What an answer under way gets to arrive when the session must end, a COMMIT's above all.
const LAST_ANSWER_MAX: Duration = Duration::from_millis(100);

/// What a message that is half out gets to go out whole, so that the reason can follow it: one of a
/// client that reads is there at once.
const CUT_MAX: Duration = Duration::from_millis(40);

/// What makes a session end from outside.
pub(super) enum Signal {
    /// Now, with this report.
    End(Report),
    /// As soon as no transaction is open, at the latest at the given time.
    Drain(Report, Instant),
}

/// How a session came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The client said goodbye, and the server went.
    Goodbye,
    /// The client went without goodbye.
    ClientGone,
    /// The server went first.
    ServerGone,
    /// The relay ended it, with a report.
    Told(&'static str),
}

/// What is left of a session when it has ended.
pub(super) struct Remains {
    pub(super) client: Stream,
    pub(super) server: Stream,
    pub(super) end: End,
    /// Whether the server may still work for the session.
    pub(super) busy: bool,
}

/// Why the loop was left.
enum Left {
    ClientEnded,
    ServerEnded,
    /// The guard's last word has been said.
    Tripped,
    Must(Report, &'static str),
}

/// Both directions of one session.
pub(super) struct Pump<S> {
    client: Stream,
    server: Stream,
    up: Flow,
    down: Flow,
    up_open: bool,
    /// Whether the client has closed behind its goodbye, and the server has not been told.
    farewell: bool,
    watch: Watch,
    signal: Pin<Box<S>>,
    drain: Option<(Report, Instant)>,
    orders: tokio::sync::watch::Receiver<Orders>,
    resolve: Arc<dyn Resolve>,
    idle_session: Option<Duration>,
    idle_in_transaction: Option<Duration>,
    /// What the worker's tally knows of.
    told: Carried,
    /// Since when nothing goes either way, and how many messages had gone until then.
    quiet_since: Option<(Instant, u64)>,
    alarm: Option<Pin<Box<Sleep>>>,
    /// Rings when a statement has taken too long.
    statement_alarm: Option<Pin<Box<Sleep>>>,
    /// Rings when a client has been silent without a Sync.
    rest_alarm: Option<Pin<Box<Sleep>>>,
    /// Cancels what the session's server does.
    cancel: Arc<Target>,
    /// A cancel on its way; bounded by what dialling a server may take.
    cancelling: Option<JoinHandle<()>>,
}

impl<S: Future<Output = Signal>> Pump<S> {
    /// A session whose client is owed `greeting`.
    pub(super) fn new(
        (client, server, cancel): (Stream, Stream, Arc<Target>),
        greeting: &[u8],
        (entry, guard, bounds): (Arc<Entry>, Guard, Bounds),
        (mut orders, resolve): (tokio::sync::watch::Receiver<Orders>, Arc<dyn Resolve>),
        signal: S,
    ) -> Result<Self, FrameError> {
        let now = *orders.borrow_and_update();
        let mut watch = Watch::new(entry, guard, bounds);
        // A reload may have come since the place was found.
        if let Some(limits) = resolve.limits(&watch.entry.place) {
            watch.bounds.follow(limits);
        }
        let down = Flow::with(greeting, &mut ServerWatch(&mut watch))?;
        Ok(Self {
            client,
            server,
            up: Flow::default(),
            down,
            up_open: true,
            farewell: false,
            watch,
            signal: Box::pin(signal),
            drain: None,
            orders,
            resolve,
            idle_session: now.idle_session,
            idle_in_transaction: now.idle_in_transaction,
            told: Carried::default(),
            quiet_since: None,
            alarm: None,
            statement_alarm: None,
            rest_alarm: None,
            cancel,
            cancelling: None,
        })
    }

    /// Carries until the end; `tally` is the worker's.
    pub(super) async fn run(mut self, tally: &Tally) -> Remains {
        let left = poll_fn(|cx| {
            let left = self.poll(cx);
            self.note(tally);
            left
        })
        .await;
        let end = match left {
            Left::ServerEnded if self.watch.terminated => End::Goodbye,
            Left::ServerEnded => self.server_ended().await,
            Left::ClientEnded => self.client_ended().await,
            Left::Tripped => End::Told("tripwire"),
            Left::Must(report, reason) => self.tell(&report, reason).await,
        };
        self.note(tally);
        let busy = !self.watch.is_quiet() && !matches!(end, End::Goodbye | End::ServerGone);
        Remains {
            client: self.client,
            server: self.server,
            end,
            busy,
        }
    }

    fn note(&mut self, tally: &Tally) {
        let now = Carried {
            bytes: [self.up.bytes, self.down.bytes],
            messages: self.watch.messages,
        };
        tally.note(now, &mut self.told);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Left> {
        if self.drain.is_none()
            && let Poll::Ready(signal) = self.signal.as_mut().poll(cx)
        {
            match signal {
                Signal::End(report) => return Poll::Ready(Left::Must(report, "ended")),
                Signal::Drain(report, deadline) => self.drain = Some((report, deadline)),
            }
        }
        self.follow_orders();
        let mut yields = false;
        if let Some(cancelling) = &mut self.cancelling
            && Pin::new(cancelling).poll(cx).is_ready()
        {
            self.cancelling = None;
        }
        // What a client sends while a cancel is on its way waits: it must not be what is cancelled.
        let held_back = self.cancelling.is_some() || self.watch.guard.tripped;
        if self.up_open && !held_back {
            let streams = (&mut self.client, &mut self.server);
            match self
                .up
                .drive(cx, streams, &mut ClientWatch(&mut self.watch))
            {
                Ok(Moved::Waits) => {}
                Ok(Moved::Yields) => yields = true,
                Ok(Moved::Ended) | Err(Broken::Source) if self.watch.terminated => {
                    (self.up_open, self.farewell) = (false, true);
                }
                Ok(Moved::Ended) | Err(Broken::Source) => return Poll::Ready(Left::ClientEnded),
                // The server has closed; what it said before is still to be delivered.
                Err(Broken::Sink) => self.up_open = false,
                Err(Broken::Frame(error)) => return Poll::Ready(protocol(&error)),
            }
        }
        // Within COPY and behind a torn message a goodbye is no goodbye to the server: only the end
        // of its input makes it go.
        if self.farewell && Pin::new(&mut self.server).poll_shutdown(cx).is_ready() {
            self.farewell = false;
        }
        match self.poll_down(cx) {
            Ok(Moved::Waits) => {}
            Ok(Moved::Yields) => yields = true,
            Ok(Moved::Ended) | Err(Broken::Source) => return Poll::Ready(Left::ServerEnded),
            Err(Broken::Sink) => return Poll::Ready(Left::ClientEnded),
            Err(Broken::Frame(error)) => return Poll::Ready(protocol(&error)),
        }
        if self.watch.guard.tripped && self.down.at_boundary() {
            return Poll::Ready(Left::Tripped);
        }
        self.poll_bounds(cx);
        self.poll_rest(cx);
        self.watch.entry.state(self.watch.state());
        if yields {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.poll_time(cx)
    }

    /// Goes by what a reload changed, before the client's next message.
    fn follow_orders(&mut self) {
        if !self.orders.has_changed().unwrap_or(false) {
            return;
        }
        let orders = *self.orders.borrow_and_update();
        self.idle_session = orders.idle_session;
        self.idle_in_transaction = orders.idle_in_transaction;
        if let Some(limits) = self.resolve.limits(&self.watch.entry.place) {
            self.watch.bounds.follow(limits);
        }
    }

    /// Has the server cancel what goes over a bound.
    fn poll_bounds(&mut self, cx: &mut Context<'_>) {
        let active = !self.watch.is_quiet();
        if let Some(due) = self.watch.bounds.due(active) {
            if Instant::now() >= due {
                self.watch.bounds.took_too_long();
                cx.waker().wake_by_ref();
            } else {
                ring(&mut self.statement_alarm, due, cx);
            }
        }
        if self.cancelling.is_none() && self.watch.bounds.take_cancel() {
            let target = Arc::clone(&self.cancel);
            let task = tokio::spawn(async move { cancel::forward(&target).await });
            self.cancelling = Some(task);
            cx.waker().wake_by_ref();
        }
    }

    /// Gives a statement's place back when its client has gone silent without a Sync and the server
    /// has nothing to do.
    fn poll_rest(&mut self, cx: &mut Context<'_>) {
        let Some(due) = self.watch.rest_due() else {
            return;
        };
        if Instant::now() < due {
            return ring(&mut self.rest_alarm, due, cx);
        }
        match self.watch.rest.is_due() {
            Silence::Rests => self.watch.bounds.leave(),
            // The client gets what it is owed a little earlier, and nothing else.
            Silence::Unflushed if self.up_open && self.up.insert(FLUSH) => {
                self.watch.rest.asked(b'H');
            }
            Silence::Unflushed => {}
        }
        cx.waker().wake_by_ref();
    }

    fn poll_down(&mut self, cx: &mut Context<'_>) -> Result<Moved, Broken> {
        let streams = (&mut self.server, &mut self.client);
        self.down
            .drive(cx, streams, &mut ServerWatch(&mut self.watch))
    }

    /// Ends the session when it has idled or drained for long enough.
    ///
    /// The alarm is armed once and looks again when it rings, so that a message costs no timer.
    fn poll_time(&mut self, cx: &mut Context<'_>) -> Poll<Left> {
        let quiet = self.watch.is_quiet();
        if let Some((report, deadline)) = &self.drain
            && ((quiet && self.watch.status == b'I') || Instant::now() >= *deadline)
        {
            return Poll::Ready(Left::Must(report.clone(), "drained"));
        }
        let limit = match self.watch.status {
            b'I' => self.idle_session,
            _ => {
                let own = self.watch.bounds.limits().idle_in_transaction;
                let both = self.idle_in_transaction.into_iter().chain(own);
                both.min()
            }
        };
        let due = match (limit, &self.drain) {
            (_, Some((_, deadline))) => *deadline,
            (Some(limit), None) if quiet => {
                let messages = self.watch.messages[0] + self.watch.messages[1];
                let since = match self.quiet_since {
                    Some((since, then)) if then == messages => since,
                    _ => Instant::now(),
                };
                self.quiet_since = Some((since, messages));
                since + limit
            }
            _ => {
                self.quiet_since = None;
                return Poll::Pending;
            }
        };
        if Instant::now() >= due {
            return Poll::Ready(idled(self.watch.status));
        }
        let alarm = self
            .alarm
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if alarm.deadline() > due || alarm.is_elapsed() {
            alarm.as_mut().reset(due);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            if Instant::now() >= due {
                cx.waker().wake_by_ref();
                break;
            }
            alarm.as_mut().reset(due);
        }
        Poll::Pending
    }

    /// The server closed without a goodbye of the client.
    async fn server_ended(&mut self) -> End {
        // What the server said last is the reason; without one, ours may be known.
        if !self.watch.last_is_error
            && self.down.at_boundary()
            && let Some(Signal::End(report)) = poll_fn(|cx| {
                Poll::Ready(match self.signal.as_mut().poll(cx) {
                    Poll::Ready(signal) if self.drain.is_none() => Some(signal),
                    _ => None,
                })
            })
            .await
        {
            self.write_last(&report).await;
            return End::Told("ended");
        }
        End::ServerGone
    }

    /// The client closed its side: the server may finish what it has, briefly.
    async fn client_ended(&mut self) -> End {
        let finish = poll_fn(|cx| {
            let _ = self.up.deliver(cx, &mut self.server);
            let _ = Pin::new(&mut self.server).poll_shutdown(cx);
            match self.poll_down(cx) {
                Ok(Moved::Waits) => Poll::Pending,
                Ok(Moved::Yields) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Ok(Moved::Ended) => Poll::Ready(true),
                Err(_) => Poll::Ready(false),
            }
        });
        let finished = tokio::time::timeout(HALF_CLOSE_MAX, finish).await;
        if matches!(finished, Ok(true)) {
            End::ServerGone
        } else {
            End::ClientGone
        }
    }

    /// Ends the session with a report between two messages, or without it where there is no such
    /// place in time.
    async fn tell(&mut self, report: &Report, reason: &'static str) -> End {
        let settled = self.down_until(LAST_ANSWER_MAX, |watch| watch.is_quiet());
        let mut server_ended = settled.await;
        if !server_ended && !self.down.at_boundary() {
            // The server goes on and on: the report stands in the place of its next message.
            self.watch.last_word = Some(report.encode());
            let cut = self.down_until(CUT_MAX, |watch| watch.guard.tripped);
            server_ended = cut.await;
        }
        let told_by_server = server_ended && self.watch.last_is_error;
        let told = told_by_server || self.watch.guard.tripped;
        if self.down.at_boundary() && !told {
            self.write_last(report).await;
        }
        End::Told(reason)
    }

    /// Delivers what the server says until the client stands between two messages and `enough` has
    /// come, but not for longer than `bound`; whether the server ended.
    async fn down_until(&mut self, bound: Duration, enough: impl Fn(&Watch) -> bool) -> bool {
        let delivered = poll_fn(|cx| {
            let moved = self.poll_down(cx);
            match moved {
                Ok(Moved::Ended) | Err(_) => Poll::Ready(true),
                Ok(_) if enough(&self.watch) && self.down.at_boundary() => Poll::Ready(false),
                Ok(Moved::Yields) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Ok(Moved::Waits) => Poll::Pending,
            }
        });
        tokio::time::timeout(bound, delivered).await == Ok(true)
    }

    /// Writes a report, as far as the client's socket takes it at once.
    async fn write_last(&mut self, report: &Report) {
        let bytes = report.encode();
        poll_fn(|cx| {
            let _ = Pin::new(&mut self.client).poll_write(cx, &bytes);
            let _ = Pin::new(&mut self.client).poll_flush(cx);
            Poll::Ready(())
        })
        .await;
    }
}

/// Has the task woken at `due`.
fn ring(alarm: &mut Option<Pin<Box<Sleep>>>, due: Instant, cx: &mut Context<'_>) {
    let alarm = alarm.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
    if alarm.deadline() != due {
        alarm.as_mut().reset(due);
    }
    if alarm.as_mut().poll(cx).is_ready() {
        cx.waker().wake_by_ref();
    }
}

fn protocol(error: &FrameError) -> Left {
    Left::Must(Report::fatal("08P01", error.to_string()), "protocol")
}

fn idled(status: u8) -> Left {
    let (code, what) = match status {
        b'I' => ("57P05", "idle-session timeout"),
        _ => ("25P03", "idle-in-transaction timeout"),
    };
    let report = Report::fatal(code, format!("terminating connection due to {what}"));
    Left::Must(report, "idle")
}
