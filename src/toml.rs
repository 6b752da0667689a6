//! TOML, with errors of one line that name theirs.

use std::ops::Range;

use serde::de::DeserializeOwned;
use toml_edit::DocumentMut;

/// Reads a value.
pub(crate) fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    toml_edit::de::from_str(text).map_err(|error| at(text, error.span(), error.message()))
}

/// Reads a document that keeps its comments and its order.
pub(crate) fn parse(text: &str) -> Result<DocumentMut, String> {
    text.parse().map_err(|error: toml_edit::TomlError| at(text, error.span(), error.message()))
}

fn at(text: &str, span: Option<Range<usize>>, message: &str) -> String {
    let message = message.replace('\n', ", ");
    match span.and_then(|span| text.get(..span.start)) {
        Some(before) => format!("line {}: {message}", 1 + before.matches('\n').count()),
        None => message,
    }
}
