//! A hostile mirror of all providers.

use std::borrow::Cow;

use crate::hostile_mirror::{answers, survive};

/// What [`hostile_mirror`](crate::hostile_mirror) does, with answers as large as they may be.
#[test]
#[ignore = "takes minutes"]
fn a_mirror_of_all_providers_answers_with_the_worst() {
    let catalog = pgtrust::Catalog::built_in();
    let ids = catalog.ids().unwrap().into_iter().map(Cow::into_owned);
    let with_pins = |id: &String| catalog.provider(id).is_ok_and(|provider| !provider.pins.is_empty());
    survive(&ids.filter(with_pins).collect::<Vec<_>>(), answers(16 << 20));
}
