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

/// The cells of a row that are taken apart are too long together.
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
