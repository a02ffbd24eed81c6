//! Called functions: a name before a bracket, and their arguments.

use super::frame::{Call, Frame, State};
use super::function::{self, Called, called};
use super::name::Folded;
use super::setting::{self, Setting};
use super::{Keyword, Reader, Word};
use crate::guard::Rule;
use crate::guard::lexer::Kind;

impl Reader<'_> {
    /// A bracket opens.
    pub(super) fn open(&mut self) {
        let call = self.call();
        let above = self.frames.top().state;
        let is_with_body = above == State::With
            && matches!(
                self.before[0].key,
                Some(Keyword::As | Keyword::Materialized)
            );
        let state = match above {
            State::Statement => State::Statement,
            _ if is_with_body => State::Statement,
            _ => State::Opened,
        };
        self.frames.push(Frame::new(state, call, is_with_body));
    }

    /// A bracket closes, and with it the last argument of a call.
    pub(super) fn close(&mut self) {
        self.argument_ends();
        let Some(closed) = self.frames.pop() else {
            return;
        };
        // Only with three arguments it is sure to run none of them.
        if closed.call == Call::TsRewrite && closed.arguments != 3 {
            self.note(Rule::SqlText, None);
        }
        // A query in brackets stands where a query may stand, and may be followed like one.
        let around = self.frames.top();
        let query = matches!(closed.state, State::Query | State::With);
        let stands = match around.state {
            State::Statement | State::Opened => true,
            State::With => !closed.is_with_body,
            _ => false,
        };
        if query && stands {
            around.state = State::Query;
        }
    }

    pub(super) fn comma(&mut self) {
        self.argument_ends();
        self.frames.top().begun();
    }

    /// A name behind a dot may be a function of one argument: `(x).f` is `f(x)` (PostgreSQL
    /// documentation, "Field Selection").
    pub(super) fn attribute(&mut self, word: Word) {
        if self.before[0].token.kind != Kind::Dot || self.is_ddl() {
            return;
        }
        let Some(folded) = Folded::identifier(word.token, self.text(word.token)) else {
            return;
        };
        let Some(rule) = function::by_attribute(folded.as_bytes()) else {
            return;
        };
        // With a bracket behind it, it is a call, and behind a schema maybe somebody else's.
        if !matches!(self.peek().token.kind, Kind::Open | Kind::Dot) {
            self.note(rule, None);
        }
    }

    /// What the name before the bracket calls.
    fn call(&mut self) -> Call {
        let name = self.before[0];
        if !name.token.is_name() || self.is_defined() {
            return Call::None;
        }
        let Some(folded) = Folded::identifier(name.token, self.text(name.token)) else {
            return Call::None;
        };
        let schema = self.schema();
        let schema = schema.as_ref().map(Folded::as_bytes);
        match called(folded.as_bytes(), schema) {
            None => Call::None,
            Some(Called::SetConfig) => Call::SetConfig(None),
            Some(Called::TsRewrite) => Call::TsRewrite,
            Some(Called::Breaks(rule)) => {
                self.note(rule, None);
                Call::None
            }
        }
    }

    /// The schema before the dot before the name; one that cannot be read counts as another.
    fn schema(&self) -> Option<Folded> {
        let [_, dot, schema, _] = self.before;
        if dot.token.kind != Kind::Dot {
            return None;
        }
        let read = Folded::identifier(schema.token, self.text(schema.token));
        read.or_else(|| Folded::exact(b"?"))
    }

    /// Whether the name is that of a function which a statement about functions speaks of:
    /// `GRANT EXECUTE ON FUNCTION f(int)`.
    fn is_defined(&self) -> bool {
        let [_, one, _, three] = self.before;
        let before_name = if one.token.kind == Kind::Dot {
            three
        } else {
            one
        };
        let introduces = matches!(
            before_name.key,
            Some(Keyword::Function | Keyword::Procedure | Keyword::Routine | Keyword::Aggregate)
        );
        introduces && self.is_ddl()
    }

    /// Whether the statement speaks of functions more often than it calls them.
    fn is_ddl(&self) -> bool {
        matches!(
            self.first,
            Some(
                Keyword::Create
                    | Keyword::Alter
                    | Keyword::Drop
                    | Keyword::Grant
                    | Keyword::Revoke
                    | Keyword::Comment
                    | Keyword::Security
            )
        )
    }

    /// Notes what an argument of `set_config` means.
    fn argument_ends(&mut self) {
        let frame = self.frames.top();
        if frame.call == Call::None {
            return;
        }
        let only = frame.take_argument();
        let (call, arguments) = (frame.call, frame.arguments);
        let (Call::SetConfig(known), 1..=2) = (call, arguments) else {
            return;
        };
        if arguments == 2 {
            let value = only.filter(|token| token.kind == Kind::Literal);
            let value = value.and_then(|token| setting::value(token, self.text(token)));
            let breaks =
                known.and_then(|set: Setting| set.breaks(value.as_ref().map(Folded::as_bytes)));
            if let Some(rule) = breaks {
                self.note(rule, None);
            }
            return;
        }
        match only.filter(|token| token.kind == Kind::Literal) {
            None => self.note(Rule::GucDynamic, None),
            Some(token) => {
                let named = setting::named(token, self.text(token));
                self.frames.top().call = Call::SetConfig(named);
            }
        }
    }
}
