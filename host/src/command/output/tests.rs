use anyhow::{Context as _, anyhow};

use super::*;

#[test]
fn a_cause_that_is_told_already_is_not_told_again() {
    let error = || anyhow!("no such file");
    assert_eq!(whole(&error()), "no such file");
    assert_eq!(whole(&error().context("reading a.toml")), "reading a.toml: no such file");
    let repeated: anyhow::Result<()> = Err(error()).context("a.toml: no such file");
    assert_eq!(whole(&repeated.unwrap_err().context("start")), "start: a.toml: no such file");
}
