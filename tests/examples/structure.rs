//! Prints how the crates are built, in figures: `cargo run --release -p tests --example structure`
//!
//! "In a cycle" are the files (or rooms) of the largest one. With the name of a crate, it prints what
//! the figures of that crate count. [`tests::structure`] says what is seen of a crate.

use tests::structure::{self, Crate, GATEWAY, HOST, cycles};

/// What is printed of one crate.
fn row(each: &Crate, all: &[Crate]) -> String {
    let (files, rooms) = (each.arrows(), each.rooms());
    let largest = |cycles: Vec<Vec<&str>>| cycles.first().map_or(0, Vec::len);
    let cells = [
        files.len(),
        largest(cycles(&files)),
        rooms.len(),
        largest(cycles(&rooms)),
        each.types_twice().len(),
        each.functions("judge"),
        each.dead(all).len(),
    ];
    format!("| {} | {} |", each.name, cells.map(|cell| cell.to_string()).join(" | "))
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
    each.types_twice().iter().for_each(|(name, files)| println!("type {name}: {}", files.join(", ")));
    each.dead(all).iter().for_each(|item| println!("named by no other file: {item}"));
}

fn main() {
    let all = structure::crates();
    if let Some(name) = std::env::args().nth(1) {
        all.iter().filter(|each| each.name == name).for_each(|each| list(each, &all));
        return;
    }
    println!("| crate | files | in a cycle | rooms | in a cycle | types twice | fn judge… | dead items |");
    println!("| --- |{}", " ---: |".repeat(7));
    all.iter().for_each(|each| println!("{}", row(each, &all)));
    let of = |each: &Crate| -> Vec<String> {
        each.side_lists().iter().map(|list| format!("- {}: {list}", each.name)).collect()
    };
    let lists: Vec<String> = all.iter().flat_map(of).collect();
    println!("\nOperations listed beside their table: {}", lists.len());
    lists.iter().for_each(|list| println!("{list}"));
    for (name, floors) in [("host", HOST), ("gateway", GATEWAY)] {
        let each = all.iter().filter(|each| each.name == name);
        let upward: Vec<String> = each.flat_map(|each| each.upward(floors)).collect();
        println!("\nUpward arrows between the floors of {name}: {}", upward.len());
        upward.iter().for_each(|arrow| println!("- {arrow}"));
    }
}
