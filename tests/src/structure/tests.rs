//! Small made-up crates, and what is seen of them.

use super::*;

fn made_up(files: &[(&str, &str)]) -> Crate {
    let files: BTreeMap<&str, &str> = files.iter().copied().collect();
    Crate::read("made-up", |path| files.get(path).map(|text| text.to_string()))
}

/// The arrows as `from > to` with the files' names.
fn arrows(files: &[(&str, &str)]) -> Vec<String> {
    let arrows = made_up(files).arrows();
    let each = arrows.iter().flat_map(|(from, to)| to.iter().map(move |to| format!("{from} > {to}")));
    each.map(|arrow| arrow.replace(".rs", "")).collect()
}

const FLOORS: &Floors = &[("top", "roof"), ("middle", "hall stairs"), ("ground", "cellar")];

fn house(cellar: &'static str) -> Crate {
    made_up(&[
        ("lib.rs", "mod roof; mod hall; mod stairs; mod cellar;"),
        ("roof.rs", "use crate::hall::Door; pub struct Tile;"),
        ("hall.rs", "use crate::{cellar, stairs::Step}; pub struct Door;"),
        ("stairs.rs", "use super::hall::Door; pub struct Step;"),
        ("cellar.rs", cellar),
    ])
}

#[test]
fn every_way_to_name_a_file_is_an_arrow() {
    let check = |text: &str, expected: &[&str]| {
        let found = arrows(&[
            ("lib.rs", "mod a; mod b; pub use b::deep::Passed;"),
            ("a.rs", text),
            ("b/mod.rs", "pub mod deep; pub struct Here; use deep::Deep; pub use deep::Passed;"),
            ("b/deep.rs", "pub struct Deep; pub struct Passed;"),
        ]);
        let from_a: Vec<&str> = found.iter().filter_map(|arrow| arrow.strip_prefix("a > ")).collect();
        assert_eq!(from_a, expected, "{text}");
    };
    check("use crate::b::Here;", &["b/mod"]);
    check("use super::b::{self, deep::{Deep as D}};", &["b/deep", "b/mod"]);
    check("use std::{fmt, b::Here};", &[]);
    check("fn f() -> crate::b::deep::Deep { todo() }", &["b/deep"]);
    check("fn f() { print!(\"{}\", g(crate :: b::Here)) }", &["b/mod"]);
    check("use crate::b as c; fn f(_: c::deep::Deep) {}", &["b/deep", "b/mod"]);
    check("mod inside { use super::super::b::Here; }", &["b/mod"]);
    check("fn f() { use crate::b::*; }", &["b/mod"]);
    check("pub use crate::b::Here;", &["b/mod"]);
    check("// use crate::b::Here;\nconst TEXT: &str = \"crate::b::Here\";", &[]);
    check("pub(in crate::a) struct X;", &[]);
    // Who passes a name on is not asked.
    check("use crate::b::Passed;", &["b/deep"]);
    check("use crate::Passed;", &["b/deep"]);
    check("use crate::b::Deep;", &["b/deep"]);
}

#[test]
fn unit_tests_draw_no_arrows() {
    let text = "#[cfg(test)] mod tests; #[cfg(test)] use crate::b::{Here}; struct A;
        /// Said of it.
        #[allow(unused)] #[cfg(test)] pub(crate) mod more { use crate::b::Here; }
        impl A { /** Both. */ #[cfg(test)] fn f(&self) -> crate::b::Here { crate::b::Here } }
        #[cfg(not(test))] fn g(_: crate::c::There) {}";
    let files =
        [("lib.rs", "mod a; mod b; mod c;"), ("a.rs", text), ("b.rs", "pub struct Here;"), ("c.rs", "")];
    assert_eq!(arrows(&files), ["a > c"]);
    assert_eq!(made_up(&files).arrows().len(), 4);
}

#[test]
fn the_attributes_of_a_module_name_nobody() {
    let text =
        "#[cfg(not(test))] mod inside; #[cfg(not(test))] pub(crate) use inside::Here; pub struct Both;";
    let inside = "use super::Both; pub struct Here;";
    let files = [("lib.rs", "mod a;"), ("a.rs", text), ("a/inside.rs", inside)];
    assert_eq!(arrows(&files), ["a/inside > a"]);
}

#[test]
fn a_turned_arrow_runs_upwards_and_closes_a_cycle() {
    let before = house("pub struct Coal;");
    assert_eq!(before.upward(FLOORS), [""; 0]);
    assert_eq!(cycles(&before.arrows()), [["hall.rs", "stairs.rs"]]);

    let after = house("use crate::roof::Tile;");
    assert_eq!(after.upward(FLOORS), ["cellar > roof"]);
    assert_eq!(cycles(&after.arrows()), [["cellar.rs", "hall.rs", "roof.rs", "stairs.rs"]]);
}

#[test]
fn lines_that_stand_in_two_places_are_found_to_the_letter() {
    let text = |lines: &str| lines.replace(' ', "\n");
    let check = |one: &str, other: &str, expected: &[&str]| {
        let files = [("a.rs".to_string(), text(one)), ("b.rs".to_string(), text(other))];
        assert_eq!(duplicates::shared_runs(&files), expected, "{one} / {other}");
    };
    check("1 2 3 4 5 6", "0 1 2 3 4 5 6 7", &["6 lines: a.rs:1, b.rs:2"]);
    check("0 1 2 3 4 5 6 7", "1 2 3 4 5 6 7", &["7 lines: a.rs:2, b.rs:1"]);
    check("1 2 3 4 5", "1 2 3 4 5", &[]);
    check("1 2 3 x 4 5 6", "1 2 3 4 5 6", &[]);
    // Comments, punctuation and white space are none of it.
    check("1 2 3 //x 4 } 5 6", "1 2 3 4 5 6", &["6 lines: a.rs:1, b.rs:1"]);
    // In one file too, but not a run and itself a little later.
    check("1 2 3 4 5 6 x 1 2 3 4 5 6", "", &["6 lines: a.rs:1, a.rs:8"]);
    check("1 1 1 1 1 1 1 1", "", &[]);
}

#[test]
fn the_walk_names_files_from_the_root_or_beside_the_one_before() {
    let page = "# Page\n\n## Before\n`no.rs`\n\n## The walk of a GET\n\n1. `a/b.rs` and `c.rs`, `pending`,\n   \
        `d/lost.rs`, `a/b.rs` again, `tests/it/e.rs`.\n\n## After\n`no.rs`\n";
    let walk = walk::named(page, |path| ["a/b.rs", "a/c.rs"].contains(&path));
    assert_eq!(walk, ["a/b.rs", "a/c.rs", "d/lost.rs"]);
    assert_eq!(walk::named("# Page", |_| true), [""; 0]);
}

#[test]
fn a_room_that_passes_names_of_its_own_on_makes_no_cycle() {
    let room =
        |text| arrows(&[("lib.rs", "mod a;"), ("a.rs", text), ("a/b.rs", "use super::A; pub struct B;")]);
    assert_eq!(room("mod b; pub use b::B; pub struct A;"), ["a/b > a"]);
    assert_eq!(room("mod b; pub use b::B; pub struct A(B);"), ["a > a/b", "a/b > a"]);
}

#[test]
#[should_panic(expected = "cellar stands on no floor")]
fn a_room_stands_on_a_floor() {
    house("").upward(&FLOORS[..2]);
}

#[test]
fn names_are_counted_where_they_are_defined() {
    let one = made_up(&[
        ("lib.rs", "mod a; mod b; pub struct Row; pub fn judge() { b::used() }"),
        ("a.rs", "enum Row { X } trait T { type Row; fn judge_it(&self); } type Alias = u8;"),
        (
            "b.rs",
            "pub fn used() {} pub fn unused() { unused() } impl X { pub const fn lost() {} fn own() {} }",
        ),
    ]);
    assert_eq!(one.functions("judge"), 2);
    let all = [
        one,
        Crate::read("main", |path| (path == "lib.rs").then(|| "fn main() { made_up::judge() }".to_string())),
    ];
    let twice: Vec<_> = all[0].types_twice(&all).into_iter().collect();
    assert_eq!(twice, [("Row", vec!["made-up: a.rs".to_string(), "made-up: lib.rs".to_string()])]);
    assert_eq!(all[0].dead(&all), ["b.rs: unused", "b.rs: lost"]);
}

#[test]
fn names_of_a_crate_that_is_passed_on_count_beside_those_of_the_other() {
    let of = |name: &str| Crate::read(name, |path| (path == "lib.rs").then(|| "struct Row;".to_string()));
    let all = ["gateway", "policy-language", "storage"].map(of);
    let twice = all.each_ref().map(|each| each.types_twice(&all).into_values().collect::<Vec<_>>());
    let places = ["gateway: lib.rs", "policy-language: lib.rs"].map(str::to_string).to_vec();
    assert_eq!(twice, [vec![places], vec![], vec![]]);
}
