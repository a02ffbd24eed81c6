//! Where the bytes of a COPY may be cut: behind whole rows, or within one that is very long, behind
//! the cells that are taken apart.

use super::layout::Layout;

/// The cells of one row that are replaced or looked at may take this together: they are held in
/// memory, everything behind them is not.
pub(crate) const HEAD_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What is masked at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Whole rows.
    Rows(Vec<u8>),
    /// The cells of a row that are taken apart, with the break behind them.
    Head(Vec<u8>),
    /// What follows such a head: it passes as it is.
    Tail(Vec<u8>),
}

impl Piece {
    /// Its bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Rows(bytes) | Self::Head(bytes) | Self::Tail(bytes) => bytes,
        }
    }
}

/// Rows within which cells change places.
const WINDOW_ROWS: usize = 4_096;

/// A window of fewer rows is full with so many bytes, too, once it has [`WINDOW_ROWS_LEAST`].
const WINDOW_BYTES: usize = 512 * 1024;

/// Of fewer rows it would be plain whose cells are whose.
pub(crate) const WINDOW_ROWS_LEAST: usize = 64;

/// Two windows at most are held; rows that take more are not shuffled.
const WINDOWS_BYTES_MAX: usize = 16 * 1024 * 1024;

/// The last rows of a table that are fewer join those before them.
const WINDOW_ROWS_MIN: usize = WINDOW_ROWS / 4;

/// The cells of a row that are taken apart are too long together, or rows to be shuffled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLong;

/// Cuts a stream of rows into pieces.
pub(crate) struct Splitter {
    /// How many breaks there are up to the end of the cells that are taken apart.
    heads: usize,
    tail: bool,
    batch: usize,
    head_max: usize,
    /// Whether the middle of a long row's rest comes next.
    within: bool,
    /// What belongs to no piece yet, and how far it was looked at for the end of a head.
    held: Vec<u8>,
    looked: usize,
    breaks: usize,
    /// Where the windows of a table that is shuffled end.
    windows: Option<Windows>,
}

/// Windows in what is held: a full one waits for the next, so that the last ones are no small rest.
#[derive(Debug, Default)]
struct Windows {
    /// The end of a full one; 0 while there is none.
    full: usize,
    /// How far rows were counted behind it.
    looked: usize,
    /// How many there are.
    rows: usize,
}

impl Windows {
    /// The end of the first full window, once another one is full too; both end where they do
    /// however the bytes arrive.
    fn next(&mut self, held: &[u8]) -> Option<usize> {
        while let Some(end) = memchr::memchr(b'\n', &held[self.looked..]) {
            self.looked += end + 1;
            self.rows += 1;
            let many = self.rows >= WINDOW_ROWS_LEAST;
            let long = many && self.looked - self.full >= WINDOW_BYTES;
            if !long && self.rows < WINDOW_ROWS {
                continue;
            }
            let full = std::mem::replace(&mut self.full, self.looked);
            self.rows = 0;
            if full > 0 {
                (self.full, self.looked) = (self.full - full, self.looked - full);
                return Some(full);
            }
        }
        None
    }

    /// The end of the first of what is left when no more rows come.
    fn last(&mut self, held: usize) -> usize {
        let few = self.rows < WINDOW_ROWS_MIN;
        let full = std::mem::take(self).full;
        match full > 0 && !few {
            true => full,
            false => held,
        }
    }
}

impl Splitter {
    /// Pieces of a table of about `batch` bytes.
    pub(crate) fn new(layout: &Layout, batch: usize) -> Self {
        Self {
            heads: layout.heads.len(),
            tail: layout.tail,
            batch,
            head_max: HEAD_BYTES_MAX,
            within: layout.passes(),
            held: Vec::with_capacity(batch),
            looked: 0,
            breaks: 0,
            windows: layout.shuffles().then(Windows::default),
        }
    }

    /// Where the next bytes go, and how many there may be in it before [`Splitter::next`] is asked.
    pub(crate) fn room(&mut self) -> (&mut Vec<u8>, usize) {
        // One that is full and still no piece is a long row's.
        let most = match self.held.len() {
            held if held < self.batch => self.batch,
            held => held + self.batch,
        };
        (&mut self.held, most)
    }

    /// Bytes that belong to no piece yet.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// The next piece, once it is there.
    pub(crate) fn next(&mut self) -> Result<Option<Piece>, TooLong> {
        if self.held.is_empty() {
            return Ok(None);
        }
        if let Some(windows) = &mut self.windows {
            return match windows.next(&self.held) {
                Some(end) => Ok(Some(self.window(end))),
                None if self.held.len() > WINDOWS_BYTES_MAX => Err(TooLong),
                None => Ok(None),
            };
        }
        if self.within {
            return Ok(Some(Piece::Tail(self.rest_of_row())));
        }
        if let Some(end) = memchr::memrchr(b'\n', &self.held) {
            return Ok(Some(Piece::Rows(self.cut(end + 1))));
        }
        if self.held.len() < self.batch {
            return Ok(None);
        }
        // A row longer than a batch. Without a rest it ends with its last cell that is taken apart.
        if self.tail
            && let Some(end) = self.head_end()
        {
            self.within = true;
            return Ok(Some(Piece::Head(self.cut(end))));
        }
        if self.held.len() > self.head_max {
            return Err(TooLong);
        }
        Ok(None)
    }

    /// What is left of windows once all rows are there: no more than two pieces.
    pub(crate) fn last(&mut self) -> Option<Piece> {
        let windows = self.windows.as_mut()?;
        // Only whole rows: what has no end is left to be told.
        let whole = memchr::memrchr(b'\n', &self.held)? + 1;
        let end = windows.last(whole);
        Some(self.window(end))
    }

    /// A window, in no more memory than it takes.
    fn window(&mut self, end: usize) -> Piece {
        let rows = self.held[..end].to_vec();
        self.held.drain(..end);
        Piece::Rows(rows)
    }

    /// Up to the row's end where it is there, else everything.
    fn rest_of_row(&mut self) -> Vec<u8> {
        if self.heads == 0 {
            // Nothing is taken apart, so no end matters.
            return std::mem::replace(&mut self.held, Vec::with_capacity(self.batch));
        }
        let end = memchr::memchr(b'\n', &self.held);
        self.within = end.is_none();
        self.cut(end.map_or(self.held.len(), |end| end + 1))
    }

    /// Behind the break of the last cell that is taken apart.
    fn head_end(&mut self) -> Option<usize> {
        while let Some(end) = memchr::memchr(b'\t', &self.held[self.looked..]) {
            self.looked += end + 1;
            self.breaks += 1;
            if self.breaks == self.heads {
                return Some(self.looked);
            }
        }
        self.looked = self.held.len();
        None
    }

    fn cut(&mut self, end: usize) -> Vec<u8> {
        (self.looked, self.breaks) = (0, 0);
        let mut rest = Vec::with_capacity(self.batch.max(self.held.len() - end));
        rest.extend_from_slice(&self.held[end..]);
        let mut piece = std::mem::replace(&mut self.held, rest);
        piece.truncate(end);
        piece
    }
}
