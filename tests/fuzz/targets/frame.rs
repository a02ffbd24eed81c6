//! The header walk over any bytes, whole and split, sees the same messages and never panics.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wire::{Act, FrameError, Need, Visit, Walk};

#[derive(Default, PartialEq, Debug)]
struct Seen(Vec<(u8, u32, Vec<u8>)>);

impl Visit for Seen {
    fn need(&self, tag: u8, body: u32) -> Need {
        if tag == b'Z' && body < 64 {
            Need::Whole
        } else {
            Need::Header
        }
    }
    fn visit(&mut self, tag: u8, body: u32, held: &[u8]) -> Result<Act, FrameError> {
        self.0.push((tag, body, held.to_vec()));
        Ok(Act::Pass)
    }
}

fuzz_target!(|bytes: &[u8]| {
    let mut whole = Seen::default();
    let all = Walk::default().advance(bytes, &mut whole);
    let (mut walk, mut split, mut start) = (Walk::default(), Seen::default(), 0);
    let mut failed = None;
    for end in 1..=bytes.len() {
        match walk.advance(&bytes[start..end], &mut split) {
            Ok((marked, _)) => start += marked,
            Err(error) => {
                failed = Some(error);
                break;
            }
        }
    }
    assert_eq!(whole, split);
    match all {
        Ok((marked, _)) => assert_eq!((marked, failed), (start, None)),
        Err(error) => assert_eq!(failed, Some(error)),
    }
});
