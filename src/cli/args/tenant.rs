//! Arguments that name a customer, for providers with a CA for each.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args as ClapArgs, Command, FromArgMatches};
use pgtrust::TokenFrom;

#[derive(Debug, Default, ClapArgs)]
pub(crate) struct Tenant {
    #[command(flatten)]
    pub(crate) values: Values,

    /// Ask the provider's API with the token in the first line of this file, which the manifest remembers
    #[arg(long, value_name = "FILE", conflicts_with = "token_command", help_heading = HEADING)]
    token_file: Option<PathBuf>,

    /// Ask it with the token that this program prints: the program and its arguments between spaces, not
    /// read by a shell
    #[arg(long, value_name = "COMMAND", help_heading = HEADING)]
    token_command: Option<String>,

    /// Read the CA from this server over ssh, for providers with a CA on each server; without it, from this machine
    #[arg(long, value_name = "USER@HOST", help_heading = HEADING)]
    pub(crate) ssh: Option<String>,

    /// The CA's file on the server if it is not in the usual place, or a saved copy of it; the manifest remembers it
    #[arg(long, value_name = "FILE", help_heading = HEADING)]
    ca_file: Option<PathBuf>,
}

impl Tenant {
    /// Returns where the token comes from, if that is given. The path is absolute, because later runs have another
    /// folder.
    pub(crate) fn token(&self) -> Option<TokenFrom> {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        let file = self.token_file.as_ref().map(|path| TokenFrom::File(absolute(path)));
        let words = |text: &String| text.split_whitespace().map(str::to_owned).collect();
        file.or_else(|| Some(TokenFrom::Command(self.token_command.as_ref().map(words)?)))
    }

    /// Returns where the CA's file is, if that is given.
    pub(crate) fn ca_file(&self) -> Option<PathBuf> {
        let path = self.ca_file.as_ref()?;
        // On another server it is as it was typed.
        if self.ssh.is_some() { Some(path.clone()) } else { std::path::absolute(path).ok() }
    }
}

/// The values that the user gave for placeholders of the providers' APIs, by name.
#[derive(Debug, Default)]
pub(crate) struct Values(pub(crate) Vec<(String, String)>);

/// Every placeholder of the catalogue but the region, which is a flag for other providers too. One that a user's own
/// provider has besides is given in the name: `provider/value`.
pub(crate) const PLACEHOLDERS: &[&str] = &[
    "account",
    "cluster",
    "database",
    "deployment",
    "instance",
    "location",
    "organization",
    "project",
    "service",
    "team",
];

impl ClapArgs for Values {
    fn augment_args(command: Command) -> Command {
        let flag = |name: &'static str| {
            let help = format!("The {name}, for providers with a CA for each");
            Arg::new(name).long(name).value_name("ID").action(ArgAction::Set).help(help).help_heading(HEADING)
        };
        command.args(PLACEHOLDERS.iter().map(|name| flag(name)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Values {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let value = |name: &&str| Some(((*name).to_owned(), matches.get_one::<String>(name)?.clone()));
        Ok(Self(PLACEHOLDERS.iter().filter_map(value).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

const HEADING: &str = "A customer's own CA";
