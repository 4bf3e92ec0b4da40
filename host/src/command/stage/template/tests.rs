use super::*;

#[test]
fn a_name_is_good_for_files_and_crates() {
    for good in ["a", "no-deletes", "stage2"] {
        check_name(good).unwrap();
    }
    let long = "x".repeat(65);
    for bad in ["", "-a", "a-", "A", "a_b", "../a", "a/b", "2a", "a b", &long] {
        assert!(check_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn every_language_has_a_template_with_a_readme() {
    for (name, language) in Language::NAMES {
        let files = language.files();
        assert!(files.iter().any(|(path, _)| *path == "README.md"), "{name}");
        assert!(files.iter().all(|(_, text)| !text.is_empty() && text.ends_with('\n')), "{name}");
        let settings = toml::to_string(&Settings { name: "a".to_owned(), language }).unwrap();
        assert!(settings.contains(&format!("language = \"{name}\"")), "{settings}");
    }
}
