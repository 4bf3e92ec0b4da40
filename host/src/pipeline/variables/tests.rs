use super::*;
use crate::config::{Environment, Given, load};

const MANIFEST: &str = "
[variables]
mode = { default = \"on\" }
flag = { default = \"true\" }
count = { default = \"1\" }
name = { required = true }
[types]
mode = [\"on\", \"off\", \"auto\"]
flag = \"boolean\"
count = \"number\"
";

#[derive(Debug, Deserialize)]
struct Document {
    variables: BTreeMap<String, Variable>,
    #[serde(default)]
    types: BTreeMap<String, VariableType>,
}

fn document(text: &str) -> Result<Document, String> {
    toml::from_str(text).map_err(|error| error.message().to_owned())
}

/// The values, or why there are none.
fn values(flags: &[&str], environment: &[(&str, &str)]) -> Result<BTreeMap<String, String>, String> {
    let document = document(MANIFEST).unwrap();
    let given = Given { variables: flags.iter().map(ToString::to_string).collect(), ..Given::default() };
    let config = load(&given, &Environment::of(environment.iter().copied())).unwrap();
    let variables = Variables { declared: &document.variables, types: &document.types };
    variables.check().unwrap();
    variables.values(&config).map_err(|error| error.to_string())
}

#[test]
fn a_value_is_of_the_type_that_the_manifest_names() {
    let named = "name=x";
    let set = values(&[named, "mode=auto", "flag=false"], &[("PORTCULLIS_VARIABLE_COUNT", "7")]).unwrap();
    let expected = [("count", "7"), ("flag", "false"), ("mode", "auto"), ("name", "x")];
    assert_eq!(set, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    for (flag, expected) in [
        ("mode=maybe", "command line: --variable mode = \"maybe\": allowed is on, off or auto"),
        ("mode=", "command line: --variable mode = \"\": allowed is on, off or auto"),
        ("flag=yes", "command line: --variable flag = \"yes\": allowed is true or false"),
        ("count=-1", "command line: --variable count = \"-1\": allowed is a whole number"),
        (
            "moed=on",
            "command line: --variable moed: the pipeline has no variable moed (did you mean mode?); it has count, flag, mode, name",
        ),
    ] {
        assert_eq!(values(&[named, flag], &[]).unwrap_err(), expected);
    }
    let from_environment = values(&[named], &[("PORTCULLIS_VARIABLE_MODE", "maybe")]).unwrap_err();
    let expected = "environment: PORTCULLIS_VARIABLE_MODE = \"maybe\": allowed is on, off or auto";
    assert_eq!(from_environment, expected);
    // What is set to nothing in the environment is not set, as with every other setting.
    assert_eq!(values(&[named], &[("PORTCULLIS_VARIABLE_MODE", "")]).unwrap()["mode"], "on");
    assert!(values(&[], &[]).unwrap_err().contains("--variable name=VALUE"));
}

#[test]
fn a_manifest_whose_types_make_no_sense_is_refused() {
    let check = |text: &str| {
        let document = document(text)?;
        let variables = Variables { declared: &document.variables, types: &document.types };
        variables.check().map_err(|error| error.to_string())
    };
    for (text, expected) in [
        ("[variables]\na = {}\n[types]\nb = \"text\"", "has a type for b"),
        (
            "[variables]\na = { default = \"c\" }\n[types]\na = [\"b\"]",
            "the default \"c\" is not allowed; allowed is b",
        ),
        ("[variables]\na = {}\n[types]\na = \"bool\"", "the type of a variable is"),
        ("[variables]\na = {}\n[types]\na = []", "the type of a variable is"),
        ("[variables]\na = {}\n[types]\na = [1]", "the type of a variable is"),
    ] {
        let why = check(text).unwrap_err();
        assert!(why.contains(expected), "{text}: {why}");
    }
}
