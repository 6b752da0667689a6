//! The text format that Prometheus reads, version 0.0.4: a file for node_exporter's textfile collector.

use std::fmt::Write as _;
use std::path::Path;

use super::Error;
use crate::system::file;

/// The labels of a sample.
pub(super) type Labels = Vec<(&'static str, String)>;
/// Its labels and its value.
pub(super) type Sample = (Labels, i64);

/// Writes gauges: each name with what it says, and its samples. One without is left out.
pub(super) fn text(metrics: &[(&str, &str)], samples: &dyn Fn(&str) -> Vec<Sample>) -> String {
    let mut text = String::new();
    for (name, help) in metrics {
        let samples = samples(name);
        if samples.is_empty() {
            continue;
        }
        let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escaped(value))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            let _ = writeln!(text, "{name}{labels} {value}");
        }
    }
    text
}

/// Writes them to a file, whole or not at all: a collector may read it at any time, as another user.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    Ok(file::replace_bytes(path, text.as_bytes())?)
}

/// A label's value as the format wants it.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
