use super::*;

#[test]
fn folders_name_transforms() {
    for good in ["upper", "a", "thumb-nail2", "some/where/upper"] {
        assert!(name_of(Path::new(good)).is_ok(), "{good}");
    }
    for bad in ["", "..", "Upper", "2up", "up_per", "up-", "ü", "a b", "/"] {
        assert!(name_of(Path::new(bad)).is_err(), "{bad}");
    }
}

#[test]
fn every_language_has_a_template_with_a_readme() {
    for (name, language) in TransformLanguage::NAMES {
        assert_eq!(language.name(), name);
        let files = language.files(Shape::Buffered);
        assert!(files.iter().any(|(path, _)| *path == "README.md"), "{name}");
        // Names stand for the name of the transform, and nothing else does.
        assert!(files.iter().any(|(_, text)| text.contains("NAME")), "{name}");
    }
    assert_ne!(
        TransformLanguage::Rust.files(Shape::Buffered)[1],
        TransformLanguage::Rust.files(Shape::Streaming)[1]
    );
}
