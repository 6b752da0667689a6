//! Lists `bundles/`, so that a new provider needs no Rust: `src/catalog.rs` includes what this writes.

#![expect(clippy::disallowed_methods, reason = "this is how build scripts talk to cargo")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=bundles");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?).join("bundles");
    let mut ids = Vec::new();
    for entry in fs::read_dir(&folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            ids.push(entry.file_name().into_string().map_err(|name| io::Error::other(format!("{name:?}")))?);
        }
    }
    ids.sort();

    let mut list = String::from("&[\n");
    for id in ids {
        let definition = folder.join(&id).join("provider.toml");
        let roots = folder.join(&id).join("roots.pem");
        let roots = if roots.exists() { format!("include_str!({roots:?})") } else { "\"\"".to_owned() };
        writeln!(list, "BuiltIn {{ id: {id:?}, definition: include_str!({definition:?}), roots: {roots} }},")
            .map_err(io::Error::other)?;
    }
    list.push(']');
    let output = env::var("OUT_DIR").map_err(io::Error::other)?;
    fs::write(Path::new(&output).join("catalog.rs"), list)
}
