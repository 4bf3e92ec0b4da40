//! docs/compatibility.md is printed from the operations table:
//! `BLESS=1 cargo test -p tests compatibility` writes it.

use std::fmt::Write as _;

use gateway::operations::functions::table::FunctionOperation;
use gateway::operations::{Action, Operation, OperationRow, Selector, Support, TargetKind};
use tests::workspace;

fn page() -> String {
    let rows: Vec<&OperationRow> = Operation::ALL.iter().map(|operation| operation.row()).collect();
    let implemented = rows.iter().filter(|row| row.support == Support::Full).count();
    let nothing = rows.iter().filter(|row| row.support == Support::Nothing).count();
    let mut page = format!(
        "# Compatibility\n\n\
         Printed from the operations table (`gateway/src/operations.rs`); do not edit. {implemented} of {} operations are\n\
         implemented. Another {nothing} read or delete what nobody can make here, and say so as S3 does of a bucket without it.\n\
         Every other one is known by its name, needs its permission, and answers `501 NotImplemented`.\n\n\
         `point` marks what goes by access points as well, and by their aliases.\n\n\
         | operation | request | actions | | |\n| --- | --- | --- | --- | --- |\n",
        rows.len()
    );
    for row in rows {
        let state = match row.support {
            Support::Full => "yes",
            Support::Nothing => "there is none",
            Support::Superseded => "older name of another",
            Support::Missing => "",
        };
        let point = if row.by_access_point { "point" } else { "" };
        let (name, request, actions) = (row.operation.name(), request(row), actions(row));
        let _written = writeln!(page, "| {name} | `{request}` | {actions} | {point} | {state} |");
    }
    page.push_str(&functions());
    page
}

/// The operations of Lambda, which are one row of the table of S3.
fn functions() -> String {
    let mut page = "\n## Lambda\n\n\
         The operations that deploy [transforms](transforms.md#by-the-tools-of-aws-lambda), from the table in\n\
         `gateway/src/operations/functions/table.rs`. They are signed for `lambda`. The\n\
         calls that the AWS provider of Terraform makes for functions and access points are replayed by boto3\n\
         (`tests/clients/terraform.sh`); Terraform itself is not run.\n\n\
         | operation | request | action |\n| --- | --- | --- |\n"
        .to_owned();
    for operation in FunctionOperation::ALL {
        let _written =
            writeln!(page, "| {} | `{}` | `{}` |", operation.name(), operation.request(), operation.action());
    }
    page
}

/// `PUT /bucket/key?tagging`
fn request(row: &OperationRow) -> String {
    let path = match row.target {
        TargetKind::Service => "/",
        TargetKind::Bucket => "/bucket",
        TargetKind::Object => "/bucket/key",
    };
    let mut request = format!("{} {path}", row.method.as_str());
    let mut query = Vec::new();
    let mut headers = String::new();
    for selector in row.selected_by {
        match selector {
            Selector::Subresource(name) | Selector::Parameter(name) => query.push((*name).to_string()),
            Selector::ParameterIs(name, value) => query.push(format!("{name}={value}")),
            Selector::Header(name) => headers.push_str(&format!(" {name}:")),
            Selector::Path(path) => request = format!("{} {path}", row.method.as_str()),
            Selector::Under(start, end) => request = format!("{} {start}name{end}", row.method.as_str()),
            Selector::Below(start) => request = format!("{} {start}arn", row.method.as_str()),
        }
    }
    if !query.is_empty() {
        request.push('?');
        request.push_str(&query.join("&"));
    }
    request + &headers
}

fn actions(row: &OperationRow) -> String {
    let action = |action: &Action| match action {
        Action::Target(name) => format!("`{name}`"),
        Action::Versioned(current, version) => format!("`{current}` or `{version}`"),
        Action::Source(current, version) => format!("`{current}` or `{version}` on the source"),
        Action::Each(current, version) => format!("`{current}` or `{version}` on each"),
        Action::WithHeader(header, name) => format!("`{name}` with `{header}`"),
    };
    row.actions.iter().map(action).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_says_what_the_table_says() {
    let path = workspace::root().join("docs").join("compatibility.md");
    let page = page();
    if workspace::blessing() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == written, "docs/compatibility.md is not what the table says; BLESS=1 writes it");
}
