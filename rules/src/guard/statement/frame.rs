//! What the brackets mean that are open at a place.

use super::setting::Setting;
use crate::guard::lexer::{Kind, Token};

/// Deeper brackets than this are counted and not looked into: PostgreSQL's parser refuses them, as
/// its stack holds 10,000 entries (`YYMAXDEPTH` of Bison).
const DEPTH_MAX: usize = 20_000;

/// What may come in a bracket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum State {
    /// A statement begins here.
    Statement,
    /// An expression or list begins here, or a query.
    #[default]
    Opened,
    /// An expression or list.
    Plain,
    /// A list of WITH, or the statement behind it.
    With,
    /// A query.
    Query,
}

/// A function whose arguments matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Call {
    /// None.
    #[default]
    None,
    /// `set_config`, of a setting once its name has been read.
    SetConfig(Option<Setting>),
    /// `ts_rewrite`
    TsRewrite,
}

/// One open bracket.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Frame {
    pub(super) state: State,
    pub(super) call: Call,
    /// Whether it holds the statement of an entry of WITH.
    pub(super) is_with_body: bool,
    /// Arguments that are complete.
    pub(super) arguments: u8,
    /// Tokens of the present argument, and the only one.
    tokens: u8,
    only: Option<Token>,
}

/// The open brackets; the lowest is the statement itself.
#[derive(Debug, Default)]
pub(super) struct Frames {
    bottom: Frame,
    open: Vec<Frame>,
    /// Brackets beyond [`DEPTH_MAX`].
    beyond: usize,
}

impl Frame {
    /// A bracket that has just opened.
    pub(super) fn new(state: State, call: Call, is_with_body: bool) -> Self {
        Self {
            state,
            call,
            is_with_body,
            ..Self::default()
        }
    }

    /// A first token came that is no command.
    pub(super) fn begun(&mut self) {
        if matches!(self.state, State::Statement | State::Opened) {
            self.state = State::Plain;
        }
    }

    /// The present argument, if it is one token; the next one begins.
    pub(super) fn take_argument(&mut self) -> Option<Token> {
        let only = self.only.take().filter(|_| self.tokens == 1);
        self.tokens = 0;
        self.arguments = self.arguments.saturating_add(1);
        only
    }
}

impl Frames {
    pub(super) fn clear(&mut self) {
        self.open.clear();
        self.beyond = 0;
        self.bottom = Frame {
            state: State::Statement,
            ..Frame::default()
        };
    }

    pub(super) fn top(&mut self) -> &mut Frame {
        self.open.last_mut().unwrap_or(&mut self.bottom)
    }

    /// Whether no bracket is open.
    pub(super) fn is_bottom(&self) -> bool {
        self.open.is_empty()
    }

    pub(super) fn push(&mut self, frame: Frame) {
        if self.open.len() < DEPTH_MAX {
            self.open.push(frame);
        } else {
            self.beyond += 1;
        }
    }

    /// Closes a bracket; what it was.
    pub(super) fn pop(&mut self) -> Option<Frame> {
        if self.beyond > 0 {
            self.beyond -= 1;
            return None;
        }
        self.open.pop()
    }

    /// Counts a token to the present argument of the call that it stands in.
    pub(super) fn argument(&mut self, token: Token) {
        let frame = self.top();
        if frame.call == Call::None
            || matches!(token.kind, Kind::Comma | Kind::Close | Kind::CloseList)
        {
            return;
        }
        frame.tokens = frame.tokens.saturating_add(1);
        frame.only = Some(token);
    }
}
