//! SET, RESET and the modes of transactions.

use super::name::Folded;
use super::setting::{self, Setting};
use super::{Keyword, Reader, Word};
use crate::guard::Rule;
use crate::guard::lexer::Kind;

impl Reader<'_> {
    /// SET in all its forms (PostgreSQL's grammar: `VariableSetStmt`).
    pub(super) fn set(&mut self) {
        let mut word = self.next();
        let prefix = match word.key {
            Some(Keyword::Local) => true,
            Some(Keyword::Session) => {
                let next = self.peek();
                !next.is(Keyword::Authorization) && !next.is(Keyword::Characteristics)
            }
            _ => false,
        };
        if prefix && !self.assigns() {
            word = self.next();
        }
        if self.assigns() {
            return self.assignment(word);
        }
        match word.key {
            Some(Keyword::Session) if self.peek().is(Keyword::Authorization) => {
                self.next();
                self.value_of(Setting::SessionAuthorization);
            }
            Some(Keyword::Session | Keyword::Transaction) => self.transaction_modes(),
            Some(Keyword::Role) => self.value_of(Setting::Role),
            Some(Keyword::Names) => self.value_of(Setting::Encoding),
            _ => {}
        }
    }

    /// Whether a value is assigned to the present word: `=`, TO, or FROM CURRENT.
    fn assigns(&self) -> bool {
        let next = self.peek();
        next.is(Keyword::To)
            || next.is(Keyword::From)
            || next.token.kind == Kind::Dot
            || (next.token.kind == Kind::Operator && self.text(next.token).starts_with(b"="))
    }

    fn assignment(&mut self, name: Word) {
        let Some(setting) = setting::named(name.token, self.text(name.token)) else {
            // A name that cannot be read is denied by itself; a dotted one is nobody's.
            return;
        };
        let sign = self.next();
        // `=-1` is one operator to the lexer, `FROM CURRENT` no value: neither can be read.
        let plain = sign.is(Keyword::To) || self.text(sign.token) == b"=";
        if plain {
            self.value_of(setting);
        } else if sign.token.kind != Kind::Dot {
            self.breaks(setting, None);
        }
    }

    /// Reads the one value of a setting; more than one is none that can be read.
    fn value_of(&mut self, setting: Setting) {
        let word = self.next();
        if word.ends_statement() {
            // SET NAMES alone means the default.
            return;
        }
        if word.is(Keyword::Default) {
            // The default of the session is ours; that of the transaction may be read-write.
            if setting == Setting::ReadOnly {
                self.note(Rule::TxReadWrite, None);
            }
            return;
        }
        let only = self.peek().ends_statement();
        let value = setting::value(word.token, self.text(word.token)).filter(|_| only);
        self.breaks(setting, value);
    }

    fn breaks(&mut self, setting: Setting, value: Option<Folded>) {
        if let Some(rule) = setting.breaks(value.as_ref().map(Folded::as_bytes)) {
            self.note(rule, None);
        }
    }

    /// RESET goes back to what the session began with, but for the transaction's own mode.
    pub(super) fn reset(&mut self) {
        let word = self.next();
        let setting = setting::named(word.token, self.text(word.token));
        if setting == Some(Setting::ReadOnly) {
            self.note(Rule::TxReadWrite, None);
        }
    }

    /// The modes of a transaction; of several the last one holds.
    pub(super) fn transaction_modes(&mut self) {
        let mut writes = false;
        loop {
            let word = self.next();
            if word.ends_statement() {
                break;
            }
            if self.before[1].is(Keyword::Read) {
                match word.key {
                    Some(Keyword::Write) => writes = true,
                    Some(Keyword::Only) => writes = false,
                    _ => {}
                }
            }
        }
        if writes {
            self.note(Rule::TxReadWrite, None);
        }
    }
}
