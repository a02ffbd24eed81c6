//! What characters a value is made of, in one pass: which detectors are worth their time.

/// More of a value does not change what it is.
const BYTES_MAX: usize = 4096;

const DIGIT: u8 = 0;
const UPPER: u8 = 1;
const LOWER: u8 = 2;
const WIDE: u8 = 3;
const BLANK: u8 = 4;
const AT: u8 = 5;
const DOT: u8 = 6;
const COLON: u8 = 7;
const DASH: u8 = 8;
const SLASH: u8 = 9;
const COMMA: u8 = 10;
const MARK: u8 = 11;

const CLASSES: [u8; 256] = {
    let mut classes = [MARK; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'0'..=b'9' => DIGIT,
            b'A'..=b'Z' => UPPER,
            b'a'..=b'z' => LOWER,
            0x80..=0xff => WIDE,
            b' ' | b'\t' | b'\n' | b'\r' => BLANK,
            b'@' => AT,
            b'.' => DOT,
            b':' => COLON,
            b'-' => DASH,
            b'/' => SLASH,
            b',' => COMMA,
            _ => MARK,
        };
        byte += 1;
    }
    classes
};

/// How many bytes of each class a value has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Profile {
    counts: [u16; 12],
    /// Bytes in all.
    pub(super) bytes: usize,
}

impl Profile {
    pub(super) fn of(text: &str) -> Self {
        let mut counts = [0_u16; 12];
        for &byte in text.as_bytes().iter().take(BYTES_MAX) {
            counts[usize::from(CLASSES[usize::from(byte)])] += 1;
        }
        Self {
            counts,
            bytes: text.len(),
        }
    }

    fn count(&self, class: u8) -> usize {
        usize::from(self.counts[usize::from(class)])
    }

    pub(super) fn digits(&self) -> usize {
        self.count(DIGIT)
    }
    pub(super) fn upper(&self) -> usize {
        self.count(UPPER)
    }
    pub(super) fn lower(&self) -> usize {
        self.count(LOWER)
    }
    /// Bytes of characters outside ASCII.
    pub(super) fn wide(&self) -> usize {
        self.count(WIDE)
    }
    pub(super) fn blanks(&self) -> usize {
        self.count(BLANK)
    }
    pub(super) fn ats(&self) -> usize {
        self.count(AT)
    }
    pub(super) fn dots(&self) -> usize {
        self.count(DOT)
    }
    pub(super) fn colons(&self) -> usize {
        self.count(COLON)
    }
    pub(super) fn dashes(&self) -> usize {
        self.count(DASH)
    }
    pub(super) fn slashes(&self) -> usize {
        self.count(SLASH)
    }
    pub(super) fn commas(&self) -> usize {
        self.count(COMMA)
    }
    /// Letters of ASCII.
    pub(super) fn letters(&self) -> usize {
        self.upper() + self.lower()
    }
}
