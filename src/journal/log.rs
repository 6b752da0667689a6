//! The file of the journal: one line per record, read once for as long as it stays as it is.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fs::{File, Metadata};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use super::command::without_secrets;
use super::record::Record;
use crate::journal::Error;
use crate::system::text::cause;
use crate::system::{self, file, limits};

/// The contents of a journal.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct History {
    /// Every record that can be read, oldest first.
    pub records: Vec<Record>,
    /// How many lines cannot be read, as when a crash cut one short.
    pub torn: usize,
    /// The lines that cannot be read and that no crash explains: records may be lost.
    pub(super) damaged: Vec<Vec<u8>>,
    /// Whether an older version wrote secrets into it.
    pub(super) has_secrets: bool,
    /// Whether the last line has no end.
    is_open: bool,
}

/// The file of the journal, and what it held when it was read last.
#[derive(Clone, Debug)]
pub(super) struct Log {
    path: PathBuf,
    known: RefCell<Option<(Stamp, Arc<History>)>>,
}

/// What tells that a file is still the one that was read. It is only ever appended to, or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Log {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, known: RefCell::new(None) }
    }

    /// Returns what it says; nothing where there is no file. One that cannot be read is an error: it says what may be undone,
    /// and counts as absent for nobody.
    pub(super) fn read(&self) -> Result<Arc<History>, Error> {
        let unreadable = |reason: String| Error::Unreadable { path: self.path.clone(), reason };
        let stamp = match file::stat(&self.path) {
            Ok(metadata) => Stamp::of(&metadata),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Arc::default()),
            Err(error) => return Err(unreadable(cause(&error))),
        };
        if let Some((known, history)) = &*self.known.borrow()
            && *known == stamp
        {
            return Ok(Arc::clone(history));
        }
        if stamp.length > limits::JOURNAL {
            return Err(unreadable(file::too_large(limits::JOURNAL).to_string()));
        }
        let read = file::read_with_metadata(&self.path, limits::JOURNAL).map_err(|error| match error {
            system::Error::Io(error) => unreadable(cause(&error.source)),
            error => unreadable(error.to_string()),
        });
        let Some((bytes, metadata)) = read? else { return Ok(Arc::default()) };
        let history = History::parse(&bytes).ok_or_else(|| unreadable("no line of it is a record".to_owned()))?;
        let root = file::root_of(&self.path);
        // Those of an image are as the image has them, or it could not be moved.
        let records = history.records.into_iter().map(|record| record.with_paths(&|path| file::place(&root, path)));
        let history = Arc::new(History { records: records.collect(), ..history });
        *self.known.borrow_mut() = Some((Stamp::of(&metadata), Arc::clone(&history)));
        Ok(history)
    }

    /// Adds a record, which is on the disk afterwards.
    pub(super) fn append(&self, record: &Record) -> Result<(), Error> {
        file::create_private_folder(file::folder_of(&self.path))?;
        let mut history = self.read()?;
        let mut line = if history.is_open { vec![b'\n'] } else { vec![] };
        self.put(&mut line, record)?;
        let mut journal = file::open_or_make(&self.path, File::options().append(true))?;
        // Until it is known what became of it.
        *self.known.borrow_mut() = None;
        let written = journal.write_all(&line).and_then(|()| journal.sync_all());
        let metadata = written.and_then(|()| journal.metadata());
        let stamp = Stamp::of(&metadata.map_err(system::Error::io("write", &self.path))?);
        let known = Arc::make_mut(&mut history);
        known.records.push(record.clone());
        known.is_open = false;
        *self.known.borrow_mut() = Some((stamp, history));
        Ok(())
    }

    /// Puts these records in the place of all: at every moment the old journal stands there or the new one, whole. Lines that
    /// cannot be read stay, unless a crash cut them short.
    pub(super) fn replace(&self, records: &[Record], damaged: &[Vec<u8>]) -> Result<(), Error> {
        let mut text = damaged.join(&b'\n');
        if !text.is_empty() {
            text.push(b'\n');
        }
        records.iter().try_for_each(|record| self.put(&mut text, record))?;
        Ok(file::replace_private(&self.path, &text)?)
    }

    /// Gives it another name, where it can be read no more. Returns that name.
    pub(super) fn set_aside(&self) -> Result<PathBuf, Error> {
        Ok(file::set_aside(&self.path, |path, number| path.with_extension(format!("unreadable-{number}.jsonl")))?)
    }

    fn put(&self, text: &mut Vec<u8>, record: &Record) -> Result<(), Error> {
        let root = file::root_of(&self.path);
        let record = record.clone().with_paths(&|path| file::seen(&root, path));
        serde_json::to_writer(&mut *text, &record)
            .map_err(|error| system::Error::io("write", &self.path)(error.into()))?;
        text.push(b'\n');
        Ok(())
    }
}

impl History {
    /// None where it is something else than a journal.
    fn parse(bytes: &[u8]) -> Option<Self> {
        let mut history = Self { is_open: bytes.last().is_some_and(|last| *last != b'\n'), ..Self::default() };
        for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
            match serde_json::from_slice::<Record>(line) {
                Ok(mut record) => {
                    if let Cow::Owned(shown) = without_secrets(&record.command) {
                        record.command = shown;
                        history.has_secrets = true;
                    }
                    history.records.push(record);
                }
                Err(error) => {
                    history.torn += 1;
                    // A crash leaves the beginning of a record, or a hole.
                    let is_cut_short = line.starts_with(b"{") && error.is_eof() || line.iter().all(|byte| *byte == 0);
                    if !is_cut_short {
                        history.damaged.push(line.to_vec());
                    }
                }
            }
        }
        (!history.records.is_empty() || history.damaged.is_empty()).then_some(history)
    }

    /// Returns how many lines cannot be read and are not what a crash leaves: records may be lost.
    pub fn damaged(&self) -> usize {
        self.damaged.len()
    }
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let inode = std::os::unix::fs::MetadataExt::ino(metadata);
        #[cfg(not(unix))]
        let inode = 0;
        Self { length: metadata.len(), modified: metadata.modified().ok(), inode }
    }
}
