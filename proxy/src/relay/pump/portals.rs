//! Whose rows the server sends: what a client asked of its portals, in the order in which it is answered.
//!
//! A portal that is executed in parts is one statement, so that what it returned is kept while it is
//! suspended: over Syncs, up to its end, its Close, a new Bind of its name or the transaction's end.
//! Where answers cannot be told apart, everything suspended counts as one.
//!
//! PostgreSQL documentation, "Message Flow", "Extended Query".

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

/// Messages without an answer that are kept in order: behind more of them the server itself waits for
/// its client to read.
const ASKED_MAX: usize = 16 * 1024;
/// Suspended portals that are told apart; drivers keep a handful.
const SUSPENDED_MAX: usize = 1024;
/// PostgreSQL knows a portal by so many bytes of its name: `NAMEDATALEN` without its NUL.
const NAME_BYTES: usize = 63;
/// What of a Bind, Execute or Close tells its portal: the kind of a Close, the name, its NUL.
pub(super) const PORTAL_BYTES: u32 = NAME_BYTES as u32 + 2;

/// What a statement has returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Returned {
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

/// The name of a portal, hashed with a key of the session.
type Name = u64;

/// What a client asked for, and the server answers in turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Bind(Name),
    Execute(Name),
    /// Of a portal, or of a statement.
    Close(Option<Name>),
    Sync,
    /// A Query or FunctionCall.
    Query,
}

/// The portals of one session.
#[derive(Default)]
pub(super) struct Portals {
    key: RandomState,
    asked: VecDeque<Asked>,
    /// Whether the client has said something behind its last Sync, Query or FunctionCall.
    open: bool,
    /// Whether the server leaves out everything up to the next Sync.
    failed: bool,
    /// Whether it is not known what the server's next answer belongs to.
    lost: bool,
    suspended: HashMap<Name, Returned>,
    /// What was returned by portals that cannot be told apart.
    shared: Returned,
}

impl Portals {
    /// The client sent a message that begins so.
    pub(super) fn asked(&mut self, tag: u8, held: &[u8]) {
        let asked = match tag {
            b'B' => Asked::Bind(self.name(held)),
            b'E' => Asked::Execute(self.name(held)),
            b'C' => Asked::Close(held.strip_prefix(b"P").map(|name| self.name(name))),
            b'S' => Asked::Sync,
            b'Q' | b'F' => {
                // Behind a failure the server would leave it out, and give no answer of its own.
                if self.open {
                    self.lose();
                }
                Asked::Query
            }
            b'P' | b'D' => {
                self.open = true;
                return;
            }
            _ => return,
        };
        self.open = !matches!(asked, Asked::Sync | Asked::Query);
        if self.asked.len() == ASKED_MAX {
            self.lose();
        }
        if !self.lost {
            self.asked.push_back(asked);
        }
    }

    /// The server answered; `returned` is what the statement that it works on has returned.
    pub(super) fn answered(&mut self, tag: u8, returned: Returned) {
        let front = self.asked.front().copied();
        match (tag, front) {
            (b'E' | b'C' | b'I', Some(Asked::Query)) => {}
            (b'E', _) => self.failed = true,
            (b'2', Some(Asked::Bind(name))) => {
                self.asked.pop_front();
                self.suspended.remove(&name);
                if self.shared != Returned::default() {
                    self.suspend(name, Returned::default());
                }
            }
            (b'3', Some(Asked::Close(Some(name)))) | (b'C' | b'I', Some(Asked::Execute(name))) => {
                self.asked.pop_front();
                self.suspended.remove(&name);
            }
            (b'3', Some(Asked::Close(None))) => {
                self.asked.pop_front();
            }
            (b's', Some(Asked::Execute(name))) => {
                self.asked.pop_front();
                self.suspend(name, returned);
            }
            (b's', _) => {
                self.shared = returned;
                self.lose();
            }
            // A COPY swallows Syncs that were sent before it was known.
            (b'2' | b'3' | b'C' | b'I' | b'G', _) => self.lose(),
            _ => {}
        }
    }

    /// The server is ready; `quiet` says that it owes the client nothing.
    pub(super) fn ready(&mut self, status: u8, quiet: bool) {
        let failed = std::mem::take(&mut self.failed);
        if !self.lost {
            let ends = |asked: &Asked| match asked {
                Asked::Sync => true,
                Asked::Query => !failed,
                _ => false,
            };
            match self.asked.iter().position(ends) {
                Some(at) if failed || at == 0 => drop(self.asked.drain(..=at)),
                _ => self.lose(),
            }
        }
        if status == b'I' {
            self.suspended.clear();
            self.shared = Returned::default();
        }
        if quiet && !self.open {
            self.asked.clear();
            self.lost = false;
        }
    }

    /// What the statement whose rows come next has returned before.
    pub(super) fn taken(&self) -> Returned {
        match self.asked.front() {
            Some(Asked::Execute(name)) => *self.suspended.get(name).unwrap_or(&self.shared),
            Some(_) => Returned::default(),
            None => self.shared,
        }
    }

    /// What the suspended portal that an Execute names has returned; nothing where it may be another by
    /// then.
    pub(super) fn executed(&self, held: &[u8]) -> Returned {
        if self.suspended.is_empty() {
            return Returned::default();
        }
        let name = self.name(held);
        let renews = |asked: &Asked| [Asked::Bind(name), Asked::Close(Some(name))].contains(asked);
        let own = self
            .suspended
            .get(&name)
            .filter(|_| !self.asked.iter().any(renews));
        own.copied().unwrap_or_default()
    }

    /// What answers belong to is not known until the server owes nothing again.
    pub(super) fn lose(&mut self) {
        self.lost = true;
        self.asked.clear();
        for (_, returned) in self.suspended.drain() {
            self.shared.rows += returned.rows;
            self.shared.bytes += returned.bytes;
        }
    }

    fn suspend(&mut self, name: Name, returned: Returned) {
        self.suspended.insert(name, returned);
        if self.suspended.len() > SUSPENDED_MAX {
            self.lose();
        }
    }

    fn name(&self, held: &[u8]) -> Name {
        let end = held.iter().position(|&byte| byte == 0);
        let name = &held[..end.unwrap_or(held.len()).min(NAME_BYTES)];
        self.key.hash_one(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Returned = Returned {
        rows: 10,
        bytes: 100,
    };
    const NONE: Returned = Returned { rows: 0, bytes: 0 };

    /// Messages by tag and portal.
    type Sent = [(u8, &'static str)];

    /// Portals whose client sent messages.
    fn after(sent: &[(u8, &str)]) -> Portals {
        let mut portals = Portals::default();
        ask(&mut portals, sent);
        portals
    }

    fn ask(portals: &mut Portals, sent: &[(u8, &str)]) {
        for (tag, name) in sent {
            let kind = if *tag == b'C' { "P" } else { "" };
            portals.asked(*tag, format!("{kind}{name}\0").as_bytes());
        }
    }

    fn executed(portals: &Portals, name: &str) -> Returned {
        portals.executed(format!("{name}\0").as_bytes())
    }

    #[test]
    fn a_suspended_portal_keeps_its_count_until_it_or_its_transaction_ends() {
        let ends: [&[(u8, &str)]; 3] = [&[(b'B', "a")], &[(b'C', "a")], &[(b'E', "a")]];
        for (end, answer) in ends.iter().zip([b'2', b'3', b'C']) {
            let mut portals = after(&[(b'B', "a"), (b'E', "a"), (b'S', "")]);
            portals.answered(b'2', NONE);
            portals.answered(b's', TEN);
            portals.ready(b'T', true);
            assert_eq!(executed(&portals, "a"), TEN);
            assert_eq!(executed(&portals, "b"), NONE);
            // The count goes when the server says so.
            ask(&mut portals, end);
            assert_eq!(portals.suspended.len(), 1);
            portals.answered(answer, NONE);
            assert_eq!(executed(&portals, "a"), NONE);
        }
        let mut portals = after(&[(b'E', "a"), (b'S', "")]);
        portals.answered(b's', TEN);
        portals.ready(b'I', true);
        assert_eq!(executed(&portals, "a"), NONE);
    }

    #[test]
    fn answers_behind_a_failure_belong_to_what_follows_its_sync() {
        let mut portals = after(&[(b'E', "a"), (b'S', "")]);
        portals.answered(b's', TEN);
        portals.ready(b'T', true);
        // Left out by the server, these renew nothing.
        ask(&mut portals, &[(b'P', ""), (b'C', "a"), (b'S', "")]);
        ask(&mut portals, &[(b'E', "b"), (b'S', "")]);
        portals.answered(b'E', NONE);
        portals.ready(b'T', false);
        assert_eq!(executed(&portals, "a"), TEN);
        portals.answered(b's', TEN);
        portals.ready(b'T', true);
        assert_eq!(executed(&portals, "b"), TEN);
        assert!(!portals.lost);
    }

    #[test]
    fn what_cannot_be_told_apart_counts_as_one_until_the_transaction_ends() {
        let lost: [(&Sent, &[u8]); 3] = [
            (&[(b'P', ""), (b'Q', "")], b"EZ"),
            (&[(b'E', "copy"), (b'S', "")], b"G"),
            (&[], b"s"),
        ];
        for (sent, answers) in lost {
            let mut portals = after(&[(b'E', "a"), (b'E', "b"), (b'S', "")]);
            portals.answered(b's', TEN);
            portals.answered(b's', TEN);
            portals.ready(b'T', true);
            ask(&mut portals, sent);
            for answer in answers {
                match answer {
                    b'Z' => portals.ready(b'T', false),
                    answer => portals.answered(*answer, portals.taken()),
                }
            }
            assert!(portals.lost);
            let both = Returned {
                rows: 20,
                bytes: 200,
            };
            assert_eq!(portals.taken(), both);
            ask(&mut portals, &[(b'S', "")]);
            portals.ready(b'T', true);
            ask(&mut portals, &[(b'E', "a")]);
            assert_eq!(portals.taken(), both);
            // A portal that is known to be new begins anew.
            portals.answered(b'C', both);
            ask(&mut portals, &[(b'B', "a"), (b'E', "a"), (b'S', "")]);
            portals.answered(b'2', NONE);
            assert_eq!(portals.taken(), NONE);
            portals.answered(b'C', NONE);
            portals.ready(b'I', true);
            ask(&mut portals, &[(b'E', "a")]);
            assert_eq!(portals.taken(), NONE);
        }
    }

    #[test]
    fn neither_queue_nor_portals_grow_without_a_bound() {
        let mut portals = Portals::default();
        for _ in 0..2 * ASKED_MAX {
            ask(&mut portals, &[(b'E', "a")]);
            assert!(portals.asked.len() <= ASKED_MAX);
        }
        let mut portals = Portals::default();
        for number in 0..2 * SUSPENDED_MAX {
            ask(&mut portals, &[(b'E', &number.to_string()), (b'S', "")]);
            portals.answered(b's', portals.taken());
            portals.ready(b'T', true);
            assert!(portals.suspended.len() <= SUSPENDED_MAX);
        }
    }
}
