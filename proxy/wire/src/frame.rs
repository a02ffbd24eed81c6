//! The header walk: finds message boundaries in a stream of bytes and skips the bodies.
//!
//! PostgreSQL documentation, "Frontend/Backend Protocol", "Messaging Overview": a tag byte, then a
//! length word that counts itself and the body.

/// Tag and length word.
pub const HEADER_BYTES: usize = 5;

/// The largest body that PostgreSQL takes or sends: `MaxAllocSize` is 1 GiB − 1 and the length word
/// counts itself.
pub const BODY_BYTES_MAX: u32 = 0x3fff_ffff - 4;

/// Why a stream cannot be followed any further.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The length word is below 4 or beyond what any message may have.
    #[error("message {:?} has invalid length {length}", char::from(*tag))]
    Length {
        /// The message's tag.
        tag: u8,
        /// The length word.
        length: u32,
    },
}

/// How much of a message must be at hand before it may go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// The header; the body is passed as it comes.
    Header,
    /// The header and so many bytes of the body, or all that it has.
    Begin(u32),
    /// The whole message. The walker's buffer must be able to hold it.
    Whole,
}

/// What becomes of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// It goes on as it is.
    Pass,
    /// These messages go on in its place; none drops it.
    Replace(Vec<u8>),
    /// These messages go on before it, and it is seen again.
    Before(Vec<u8>),
}

/// What a message is replaced by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instead {
    /// What goes on.
    pub bytes: Vec<u8>,
    /// Bytes of the message that is left out, its header included; they may not all be there yet.
    pub skip: usize,
}

/// Looks at the messages that a [`Walk`] meets.
pub trait Visit {
    /// Says what a message needs, from its header alone; `body` is the body's length.
    fn need(&self, tag: u8, body: u32) -> Need;

    /// Sees each message exactly once, when it is about to go out; once more behind an [`Act::Before`].
    ///
    /// `held` is as much of the body as was needed.
    fn visit(&mut self, tag: u8, body: u32, held: &[u8]) -> Result<Act, FrameError>;
}

/// A position within a stream of messages.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Walk {
    /// Bytes of the current message's body that have not gone by.
    remaining: u32,
}

impl Walk {
    /// Walks over `bytes` and returns how many of them may go out now, and what goes out behind them
    /// in place of the next message.
    ///
    /// What is left over is the beginning of a message that needs more bytes: it must stand at the
    /// beginning of the next call's `bytes`. Behind a message that is replaced the walk goes on at the
    /// next one.
    pub fn advance(
        &mut self,
        bytes: &[u8],
        visitor: &mut impl Visit,
    ) -> Result<(usize, Option<Instead>), FrameError> {
        let mut at = 0;
        loop {
            let rest = &bytes[at..];
            if self.remaining > 0 {
                let step = rest.len().min(self.remaining as usize);
                at += step;
                // A step is at most `remaining`, so it fits its type.
                self.remaining -= step as u32;
                if self.remaining > 0 {
                    return Ok((at, None));
                }
                continue;
            }
            let Some((header, rest)) = rest.split_at_checked(HEADER_BYTES) else {
                return Ok((at, None));
            };
            let tag = header[0];
            let body = body_bytes(header)?;
            let needed = match visitor.need(tag, body) {
                Need::Header => 0,
                Need::Begin(bytes) => bytes.min(body),
                Need::Whole => body,
            };
            let Some(held) = rest.get(..needed as usize) else {
                return Ok((at, None));
            };
            let act = visitor.visit(tag, body, held)?;
            let (bytes, skip) = match act {
                Act::Pass => {
                    at += HEADER_BYTES;
                    self.remaining = body;
                    continue;
                }
                Act::Replace(bytes) => (bytes, HEADER_BYTES + body as usize),
                Act::Before(bytes) => (bytes, 0),
            };
            return Ok((at, Some(Instead { bytes, skip })));
        }
    }

    /// Whether the last byte that went by ended a message.
    pub fn at_boundary(&self) -> bool {
        self.remaining == 0
    }
}

/// The length of the body that a header of [`HEADER_BYTES`] announces.
pub fn body_bytes(header: &[u8]) -> Result<u32, FrameError> {
    let length = u32::from_be_bytes([header[1], header[2], header[3], header[4]]);
    match length.checked_sub(4) {
        Some(body) if body <= BODY_BYTES_MAX => Ok(body),
        _ => Err(FrameError::Length {
            tag: header[0],
            length,
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Records what it sees and holds messages of one tag whole.
    #[derive(Default)]
    struct Record {
        seen: Vec<(u8, u32, Vec<u8>)>,
        replaces: Option<u8>,
    }

    impl Visit for Record {
        fn need(&self, tag: u8, _: u32) -> Need {
            if tag == b'Z' {
                Need::Whole
            } else {
                Need::Header
            }
        }
        fn visit(&mut self, tag: u8, body: u32, held: &[u8]) -> Result<Act, FrameError> {
            self.seen.push((tag, body, held.to_vec()));
            Ok(if Some(tag) == self.replaces {
                Act::Replace(b"instead".to_vec())
            } else {
                Act::Pass
            })
        }
    }

    fn naive(mut bytes: &[u8]) -> Vec<(u8, u32, Vec<u8>)> {
        let mut seen = Vec::new();
        while bytes.len() >= 5 {
            let length = u32::from_be_bytes(bytes[1..5].try_into().unwrap()) as usize;
            let body = &bytes[5..1 + length];
            let held = if bytes[0] == b'Z' {
                body.to_vec()
            } else {
                vec![]
            };
            seen.push((bytes[0], (length - 4) as u32, held));
            bytes = &bytes[1 + length..];
        }
        seen
    }

    fn message() -> impl Strategy<Value = Vec<u8>> {
        let tag = prop_oneof![Just(b'Z'), Just(b'D'), any::<u8>()];
        (tag, prop::collection::vec(any::<u8>(), 0..40)).prop_map(|(tag, body)| {
            let mut bytes = vec![tag];
            bytes.extend((body.len() as u32 + 4).to_be_bytes());
            bytes.extend(body);
            bytes
        })
    }

    proptest! {
        #[test]
        fn the_walk_sees_what_a_naive_parse_sees_at_any_split(
            messages in prop::collection::vec(message(), 0..20),
            splits in prop::collection::vec(1usize..20, 1..200),
        ) {
            let stream = messages.concat();
            let (mut walk, mut record) = (Walk::default(), Record::default());
            let (mut start, mut end, mut splits) = (0, 0, splits.iter().cycle());
            while end < stream.len() {
                end = (end + splits.next().unwrap()).min(stream.len());
                start += walk.advance(&stream[start..end], &mut record).unwrap().0;
                prop_assert!(start <= end);
            }
            prop_assert_eq!(start, stream.len());
            prop_assert!(walk.at_boundary());
            prop_assert_eq!(record.seen, naive(&stream));
        }

        #[test]
        fn any_bytes_are_walked_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let marked = Walk::default().advance(&bytes, &mut Record::default());
            prop_assert!(marked.is_err() || marked.unwrap().0 <= bytes.len());
        }
    }

    #[test]
    fn lengths_that_no_message_can_have_are_refused() {
        for length in [0, 3, 0x4000_0000, 0x7fff_ffff, 0xffff_ffff_u32] {
            let mut header = vec![b'Q'];
            header.extend(length.to_be_bytes());
            let walked = Walk::default().advance(&header, &mut Record::default());
            assert_eq!(walked, Err(FrameError::Length { tag: b'Q', length }));
        }
        let largest = [b'D', 0x3f, 0xff, 0xff, 0xff];
        assert_eq!(
            Walk::default().advance(&largest, &mut Record::default()),
            Ok((5, None))
        );
    }

    #[test]
    fn a_replaced_message_stops_the_walk_before_it() {
        let mut record = Record {
            replaces: Some(b'Q'),
            ..Record::default()
        };
        let stream = [b"D\0\0\0\x05x".as_slice(), b"Q\0\0\0\x0ahalf"].concat();
        let mut walk = Walk::default();
        let (marked, instead) = walk.advance(&stream, &mut record).unwrap();
        let instead = instead.unwrap();
        assert_eq!((marked, instead.skip), (6, 11));
        assert_eq!(instead.bytes, b"instead");
        assert!(walk.at_boundary());
    }

    /// Holds the beginnings of messages, and puts something before the second.
    #[derive(Default)]
    struct Front {
        held: Vec<Vec<u8>>,
        put: bool,
    }

    impl Visit for Front {
        fn need(&self, _: u8, _: u32) -> Need {
            Need::Begin(2)
        }
        fn visit(&mut self, tag: u8, _: u32, held: &[u8]) -> Result<Act, FrameError> {
            if tag == b'B' && !std::mem::replace(&mut self.put, true) {
                return Ok(Act::Before(b"before".to_vec()));
            }
            self.held.push(held.to_vec());
            Ok(Act::Pass)
        }
    }

    #[test]
    fn a_beginning_is_held_and_something_may_go_before_it() {
        let messages = b"A\0\0\0\x07abcB\0\0\0\x05d";
        let (mut walk, mut front) = (Walk::default(), Front::default());
        assert_eq!(walk.advance(&messages[..6], &mut front), Ok((0, None)));
        assert!(front.held.is_empty());
        let bytes = b"before".to_vec();
        let before = Some(Instead { bytes, skip: 0 });
        assert_eq!(walk.advance(messages, &mut front), Ok((8, before)));
        assert_eq!(walk.advance(&messages[8..], &mut front), Ok((6, None)));
        assert_eq!(front.held, [b"ab".to_vec(), b"d".to_vec()]);
    }
}
