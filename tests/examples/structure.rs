//! Prints how the crates are built, in figures: `cargo run --release -p tests --example structure`
//!
//! With the name of a crate, it prints what the figures of that crate count. `--tree FOLDER` first
//! reads another tree, such as an older commit to compare with
//! (`git archive COMMIT | tar -x -C FOLDER`). "In a cycle" are the files (or rooms) of the largest
//! one. [`tests::structure`] says what is counted.

use std::path::{Path, PathBuf};

use tests::structure::{self, Crate, Floors, GATEWAY, HOST, cycles};
use tests::workspace;

/// The crates that have floors.
const FLOORS: [(&str, &Floors); 2] = [("host", HOST), ("gateway", GATEWAY)];

/// What is printed of one crate.
fn row(each: &Crate, all: &[Crate]) -> String {
    let (files, rooms) = (each.arrows(), each.rooms());
    let cells = [
        files.len(),
        largest(cycles(&files)),
        rooms.len(),
        largest(cycles(&rooms)),
        each.types_twice(all).len(),
        each.functions("judge"),
        each.dead(all).len(),
    ];
    format!("| {} | {} |", each.name, cells.map(|cell| cell.to_string()).join(" | "))
}

fn largest(cycles: Vec<Vec<&str>>) -> usize {
    cycles.first().map_or(0, Vec::len)
}

fn list(each: &Crate, all: &[Crate]) {
    let arrows = each.arrows();
    for cycle in cycles(&arrows) {
        println!("cycle of {} files", cycle.len());
        for (from, to) in arrows.iter().filter(|(from, _)| cycle.contains(&from.as_str())) {
            let inside = to.iter().map(String::as_str).filter(|to| cycle.contains(to));
            println!("  {from} > {}", inside.collect::<Vec<_>>().join(", "));
        }
    }
    upward(each).iter().for_each(|arrow| println!("upwards: {arrow}"));
    each.side_lists().iter().for_each(|list| println!("operations beside their table: {list}"));
    each.types_twice(all).iter().for_each(|(name, files)| println!("type {name}: {}", files.join(", ")));
    each.dead(all).iter().for_each(|item| println!("named by no other file: {item}"));
}

/// Arrows that run up, in a crate that has floors; none where its rooms are others.
fn upward(each: &Crate) -> Vec<String> {
    let floors = FLOORS.iter().find(|(name, floors)| *name == each.name && stands(each, floors));
    floors.map(|(_, floors)| each.upward(floors)).unwrap_or_default()
}

/// Whether every room has a floor. In an older tree there may be others.
fn stands(each: &Crate, floors: &Floors) -> bool {
    let known: Vec<&str> = floors.iter().flat_map(|(_, rooms)| rooms.split_whitespace()).collect();
    each.rooms().keys().all(|room| known.contains(&room.as_str()))
}

/// What is printed of all crates together.
fn figures(tree: &Path, all: &[Crate]) {
    let sum = |of: &dyn Fn(&Crate) -> usize| all.iter().map(of).sum::<usize>();
    let [code, tests] = structure::duplicates(tree);
    let figures = [
        (
            "files in the largest cycle",
            all.iter().map(|each| largest(cycles(&each.arrows()))).max().unwrap_or(0),
        ),
        ("upward arrows", sum(&|each| upward(each).len())),
        ("types defined twice in a crate and what it passes on", sum(&|each| each.types_twice(all).len())),
        ("operations listed beside their table", sum(&|each| each.side_lists().len())),
        ("dead public items", sum(&|each| each.dead(all).len())),
        ("duplicates to the letter, in code", code.len()),
        ("duplicates to the letter, in tests", tests.len()),
        ("files of the walk of a GET", structure::walk(tree).len()),
    ];
    println!("\n| figure | |\n| --- | ---: |");
    figures.iter().for_each(|(name, figure)| println!("| {name} | {figure} |"));
    let arrows =
        all.iter().flat_map(|each| upward(each).into_iter().map(|arrow| format!("{}: {arrow}", each.name)));
    println!("\nUpward arrows:");
    arrows.for_each(|arrow| println!("- {arrow}"));
    println!("\nOperations listed beside their table:");
    for each in all {
        each.side_lists().iter().for_each(|list| println!("- {}: {list}", each.name));
    }
    println!("\nDuplicates:");
    code.iter().chain(&tests).for_each(|pair| println!("- {pair}"));
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (tree, name) = match arguments.as_slice() {
        [flag, folder, rest @ ..] if flag == "--tree" => (PathBuf::from(folder), rest.first()),
        rest => (workspace::root(), rest.first()),
    };
    let all = structure::crates_of(&tree);
    if let Some(name) = name {
        all.iter().filter(|each| each.name == *name).for_each(|each| list(each, &all));
        return;
    }
    println!("| crate | files | in a cycle | rooms | in a cycle | types twice | fn judge… | dead items |");
    println!("| --- |{}", " ---: |".repeat(7));
    all.iter().for_each(|each| println!("{}", row(each, &all)));
    for (name, floors) in FLOORS {
        if all.iter().any(|each| each.name == name && !stands(each, floors)) {
            println!("\nUpward arrows of {name} are not counted: its floors are for other rooms.");
        }
    }
    figures(&tree, &all);
}
