use super::*;

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
