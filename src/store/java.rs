//! The Java trust store that pgtrust keeps, as a JVM is pointed at it.

use std::path::PathBuf;

use crate::system;
use crate::system::layout::{self, JAVA_STORE_PASSWORD};

/// The Java trust store that pgtrust keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JavaStore {
    /// Returns its path.
    pub path: PathBuf,
    /// Whether its password is the user's own, which is never printed, and not the usual `changeit`.
    pub own_password: bool,
}

impl JavaStore {
    /// Returns the options of `java` that make a JVM trust what is in it, and nothing else. A password that is the
    /// user's own is left out.
    pub fn options(&self) -> Result<String, system::Error> {
        let jks = self.path.extension().is_some_and(|extension| extension == "jks");
        let path = jvm_option(&format!("-Djavax.net.ssl.trustStore={}", layout::text_of(&self.path)?));
        let mut options = format!("{path} -Djavax.net.ssl.trustStoreType={}", if jks { "JKS" } else { "PKCS12" });
        if !self.own_password {
            // Java ignores it where the store has none.
            options.push_str(&format!(" -Djavax.net.ssl.trustStorePassword={JAVA_STORE_PASSWORD}"));
        }
        Ok(options)
    }
}

/// One option for the JVM, which splits at blanks, knows both quotes anywhere in a word and no escape in them.
fn jvm_option(option: &str) -> String {
    let quoted = |part: &str| match part {
        "\"" => "'\"'".to_owned(),
        _ if part.contains(|c: char| c.is_whitespace() || c == '\'') => format!("\"{part}\""),
        _ => part.to_owned(),
    };
    // Every `"` is a part of its own.
    let mut parts = Vec::new();
    for (index, part) in option.split('"').enumerate() {
        parts.extend((index > 0).then_some("\""));
        parts.push(part);
    }
    parts.into_iter().map(quoted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jvm_option_is_quoted_only_where_it_must_be() {
        assert_eq!(jvm_option("-Dx=/a"), "-Dx=/a");
        assert_eq!(jvm_option("-Dx=/a b"), "\"-Dx=/a b\"");
        assert_eq!(jvm_option("-Dx=/a'b\"c"), "\"-Dx=/a'b\"'\"'c");
    }
}
