//! Bodies kept with their validators, so that an unchanged file is not sent again.
//!
//! One file per URL, named by the URL's SHA-256: header lines, an empty line, the body. The digest in it makes a damaged
//! entry count as none.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use tempfile::NamedTempFile;

use crate::system::{file, limits};
use crate::x509::sha256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CacheEntry {
    /// The URL that answered, after redirects: its server, and no other, knows the validators.
    pub(super) answered: String,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) body: Vec<u8>,
}

/// Loads what is kept for `url`; None if the file is missing, damaged, too large or not ours.
pub(super) fn load(folder: &Path, url: &str, max_bytes: u64) -> Option<CacheEntry> {
    let file = file::open(&path(folder, url)).ok()?;
    let limit = max_bytes.saturating_add(limits::DOWNLOAD_HEAD);
    if file.metadata().ok()?.len() > limit {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(limit).read_to_end(&mut bytes).ok()?;
    decode(bytes, url, max_bytes)
}

/// Writes the whole file or nothing.
pub(super) fn store(folder: &Path, url: &str, entry: &CacheEntry) -> io::Result<()> {
    file::create_private_folder(folder).map_err(io::Error::other)?;
    let path = file::behind_links(&path(folder, url)).map_err(io::Error::other)?;
    let mut file = NamedTempFile::new_in(file::folder_of(&path))?;
    file.write_all(head(url, entry).as_bytes())?;
    file.write_all(&entry.body)?;
    file.persist(path)?;
    Ok(())
}

fn path(folder: &Path, url: &str) -> PathBuf {
    folder.join(sha256_hex(url.as_bytes()))
}

fn head(url: &str, entry: &CacheEntry) -> String {
    let mut head = format!("{MAGIC}\nurl: {url}\nanswered: {}\n", entry.answered);
    for (name, value) in [("etag", &entry.etag), ("last-modified", &entry.last_modified)] {
        if let Some(value) = value {
            head += &format!("{name}: {value}\n");
        }
    }
    head + &format!("sha256: {}\n\n", sha256_hex(&entry.body))
}

fn decode(mut bytes: Vec<u8>, url: &str, max_bytes: u64) -> Option<CacheEntry> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n")?;
    let body = bytes.split_off(end + 2);
    let head = str::from_utf8(&bytes[..end]).ok()?;
    let mut lines = head.lines();
    let known = lines.next() == Some(MAGIC);
    let field = |name: &str| {
        let mut fields = head.lines().filter_map(|line| line.split_once(": "));
        fields.find(|(found, _)| *found == name).map(|(_, value)| value.to_owned())
    };
    let whole = field("sha256")? == sha256_hex(&body) && body.len() as u64 <= max_bytes;
    (known && whole && field("url")? == url).then_some(CacheEntry {
        answered: field("answered")?,
        etag: field("etag"),
        last_modified: field("last-modified"),
        body,
    })
}

fn sha256_hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(&sha256(bytes))
}

const MAGIC: &str = "pgtrust download 1";

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const URL: &str = "https://ca.example/root.pem";

    fn entry() -> CacheEntry {
        CacheEntry {
            answered: "https://cdn.example/root.pem".to_owned(),
            etag: Some("W/\"a: b\"".to_owned()),
            last_modified: None,
            body: b"\n\nurl: https://elsewhere.example/\n\n\xff".to_vec(),
        }
    }

    #[test]
    fn keeps_an_entry() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("made/when/needed");
        store(&inner, URL, &entry()).unwrap();
        assert_eq!(load(&inner, URL, 1024), Some(entry()));
        assert_eq!(load(&inner, "https://ca.example/other.pem", 1024), None);
        assert_eq!(fs::read_dir(&inner).unwrap().count(), 1);
    }

    #[test]
    fn a_damaged_entry_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path(), URL, &entry()).unwrap();
        let whole = fs::read(path(folder.path(), URL)).unwrap();
        assert_eq!(decode(whole.clone(), URL, 1024), Some(entry()));
        for length in 0..whole.len() {
            assert_eq!(decode(whole[..length].to_vec(), URL, 1024), None, "cut at {length}");
        }
        for index in whole.len() - entry().body.len()..whole.len() {
            let mut damaged = whole.clone();
            damaged[index] ^= 1;
            assert_eq!(decode(damaged, URL, 1024), None, "byte {index}");
        }
    }

    #[test]
    fn an_entry_of_another_url_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let other = "https://ca.example/other.pem";
        store(folder.path(), other, &entry()).unwrap();
        fs::rename(path(folder.path(), other), path(folder.path(), URL)).unwrap();
        assert_eq!(load(folder.path(), URL, 1024), None);
    }

    #[test]
    fn an_entry_above_the_cap_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        store(folder.path(), URL, &entry()).unwrap();
        let length = entry().body.len() as u64;
        assert_eq!(load(folder.path(), URL, length), Some(entry()));
        assert_eq!(load(folder.path(), URL, length - 1), None);
    }
}
