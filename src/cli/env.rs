//! `pgtrust env`

use pgtrust::env::{self, Shell, Variable};
use pgtrust::{Machine, managed};
use serde::Serialize;

use super::ui::{self, Failure};
use super::{Status, args};

pub(crate) fn run(machine: &Machine<'_>, args: &args::Env) -> Result<Status, Failure> {
    let pem = managed::pem(machine, args.provider.as_deref())?;
    let java_store = Some(managed::java_store(machine)?).filter(|store| machine.has(&store.path));
    if java_store.as_ref().is_some_and(|store| store.own_password) {
        ui::warning("the password of the Java trust store is not printed");
        ui::hint("add `-Djavax.net.ssl.trustStorePassword=` and the password");
    }
    let variables = env::variables(&pem, java_store.as_ref())?;
    if args.json {
        ui::json(&Shown { variables: variables.iter().map(ShownVariable::of).collect() })?;
    } else if let Some(shell) = Shell::named(&args.shell) {
        let lines: Vec<String> = variables.iter().map(|variable| shell.line(variable)).collect::<Result<_, _>>()?;
        ui::raw((lines.join("\n") + "\n").as_bytes())?;
    }
    Ok(Status::Done)
}

#[derive(Serialize)]
struct Shown<'a> {
    variables: Vec<ShownVariable<'a>>,
}

#[derive(Serialize)]
struct ShownVariable<'a> {
    name: &'a str,
    value: &'a str,
    read_by: &'a str,
}

impl<'a> ShownVariable<'a> {
    fn of(variable: &'a Variable) -> Self {
        Self { name: variable.name, value: &variable.value, read_by: variable.read_by }
    }
}
