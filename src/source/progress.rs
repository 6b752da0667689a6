//! How far downloads are.

/// The progress of the downloads.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// So many URLs are to be asked.
    Started(usize),
    /// One more has been.
    Step,
    /// No more are asked.
    Ended,
}
