//! What is declared of a function, by the order of who says it.

use super::*;

fn variables(declared: &DeclaredSettings) -> &Map<String, Value> {
    declared.configuration["Environment"]["Variables"].as_object().unwrap()
}

fn folder(more: &str) -> TransformSettings {
    toml::from_str(&format!("name = \"a\"\nlanguage = \"rust\"\nworld = \"buffered\"\n{more}")).unwrap()
}

#[test]
fn what_was_there_stays_unless_it_is_said_anew() {
    let before = json!({ "Environment": { "Variables": {
        "PORTCULLIS_GRANTS": "clock", "PORTCULLIS_VARY": "query:w", "PORTCULLIS_LIMITS": "cpu_ms_max=5",
        "PORTCULLIS_RANGES": "own", "TOKEN": "***", "OTHER": "***",
    } } });
    let again = declared(&Deployment::default(), Some(&folder("grants = []")), Some(&before)).unwrap();
    assert_eq!(variables(&again), before["Environment"]["Variables"].as_object().unwrap());
    assert!(again.configuration.get("Timeout").is_none());
    assert_eq!(again.kept.len(), 6);

    let given = Deployment {
        grants: vec!["random".to_owned()],
        secrets: vec!["TOKEN=new".to_owned()],
        limits: vec!["cpu_ms_max=9".to_owned()],
        ..Deployment::default()
    };
    let changed = declared(
        &given,
        Some(&folder("grants = [\"clock\"]\nvary = [\"caller\"]\n[limits]\ntime_ms_max = 1500")),
        Some(&before),
    );
    let changed = changed.unwrap();
    assert_eq!(variables(&changed)["PORTCULLIS_GRANTS"], "clock,random");
    assert_eq!(variables(&changed)["PORTCULLIS_LIMITS"], "time_ms_max=1500,cpu_ms_max=9");
    assert_eq!(variables(&changed)["PORTCULLIS_VARY"], "caller");
    assert_eq!(
        (&variables(&changed)["TOKEN"], &variables(&changed)["OTHER"]),
        (&json!("new"), &json!("***"))
    );
    assert_eq!(changed.configuration["Timeout"], 2);
    assert_eq!(changed.kept, ["OTHER", "PORTCULLIS_RANGES"]);

    let clear = ["grants", "env", "limits", "vary"].map(str::to_owned).to_vec();
    let cleared = declared(&Deployment { clear, ..Deployment::default() }, None, Some(&before)).unwrap();
    assert_eq!(variables(&cleared).keys().collect::<Vec<_>>(), ["PORTCULLIS_RANGES"]);
    assert_eq!(
        (&cleared.configuration["Timeout"], &cleared.configuration["MemorySize"]),
        (&json!(60), &json!(256))
    );
}

#[test]
fn the_command_line_goes_first() {
    let given = Deployment { vary: Some("none".to_owned()), ..Deployment::default() };
    let of_folder = declared(&Deployment::default(), Some(&folder("vary = []")), None).unwrap();
    assert_eq!(variables(&of_folder)["PORTCULLIS_VARY"], "none");
    let of_line = declared(&given, Some(&folder("vary = [\"caller\"]")), None).unwrap();
    assert_eq!(variables(&of_line)["PORTCULLIS_VARY"], "none");
    for (limit, part) in
        [("speed=1", "no such limit"), ("cpu_ms_max=x", "is no number"), ("cpu_ms_max", "no number")]
    {
        let given = Deployment { limits: vec![limit.to_owned()], ..Deployment::default() };
        let refused = declared(&given, None, None).unwrap_err().to_string();
        assert!(refused.contains(part), "{refused}");
    }
}
