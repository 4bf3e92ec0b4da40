use super::key::Form;
use super::*;

fn given(values: &[(&'static str, &str)]) -> Given {
    let values = values.iter().map(|(name, value)| (*name, vec![(*value).to_owned()])).collect();
    Given { values, ..Given::default() }
}

fn with_file(folder: &tempfile::TempDir, text: &str) -> Given {
    let file = folder.path().join("portcullis.toml");
    std::fs::write(&file, text).unwrap();
    Given { file: Some(file), ..Given::default() }
}

fn refusal(text: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    load(&with_file(&folder, text), &Environment::default()).unwrap_err().to_string()
}

#[test]
fn without_any_source_the_defaults_hold() {
    let config = load(&Given::default(), &Environment::default()).unwrap();
    assert_eq!(config.listen, ["127.0.0.1:9000".parse().unwrap()]);
    assert_eq!(config.data_dir, Path::new("portcullis-data"));
    assert_eq!(config.cache_folder(), Path::new("portcullis-data/cache"));
    assert_eq!(config.region, "us-east-1");
    assert!(config.worker_count() >= 1);
    assert!(config.pipeline_variables().is_empty());
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut given = with_file(
        &folder,
        "region = \"file\"\nworkers = 1\nlisten = [\"127.0.0.1:1\"]\n[log]\nlevel = \"warn\"",
    );
    let environment = Environment::of([
        ("PORTCULLIS_REGION", "environment"),
        ("PORTCULLIS_WORKERS", "2"),
        ("PORTCULLIS_LISTEN", "127.0.0.1:2, [::1]:3"),
    ]);
    given.values = vec![("workers", vec!["3".to_owned()])];
    let config = load(&given, &environment).unwrap();
    assert_eq!(
        (config.region.as_str(), config.workers, config.log.level.as_str()),
        ("environment", 3, "warn")
    );
    assert_eq!(config.listen, ["127.0.0.1:2".parse().unwrap(), "[::1]:3".parse().unwrap()]);
    assert_eq!(config.origins["region"], Origin::Environment);
    assert_eq!(config.origins["workers"], Origin::Flag);
    assert_eq!(config.origins["log.level"], Origin::File);
}

#[test]
fn the_environment_can_name_the_file_whose_paths_start_at_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let given =
        with_file(&folder, "data_dir = \"data\"\npipeline = \"/etc/spin.toml\"\ncache_dir = \"../cache\"");
    let file = given.file.unwrap().display().to_string();
    let config = load(&Given::default(), &Environment::of([("PORTCULLIS_CONFIG", file.as_str())])).unwrap();
    assert_eq!(config.data_dir, folder.path().join("data"));
    assert_eq!(config.cache_dir, Some(folder.path().join("../cache")));
    assert_eq!(config.pipeline, Some(PathBuf::from("/etc/spin.toml")));
}

#[test]
fn unknown_keys_are_refused_where_they_stand_with_what_may_be_meant() {
    for (text, expected) in [
        (
            "\n  lisen = 1",
            "portcullis.toml:2:3: unknown key lisen (did you mean listen?). `portcullis config example`",
        ),
        (
            "[limits]\nconections_max = 1",
            "portcullis.toml:2:1: unknown key limits.conections_max (did you mean connections_max?)",
        ),
        (
            "region = \"x\"\n[limit]\nconnections_max = 1",
            "portcullis.toml:2:2: unknown table [limit] (did you mean limits?)",
        ),
        (
            "[log]\nregion = \"x\"",
            "portcullis.toml:2:1: unknown key log.region; region stands above the first [table]",
        ),
        (
            "connections_max = 1",
            "portcullis.toml:1:1: unknown key connections_max; connections_max belongs into [limits]",
        ),
        ("[limits]\nzzz = 1", "unknown key limits.zzz. `portcullis config example` lists every key"),
        (
            "[[accounts]]\nid = \"000000000001\"\nnick = 1",
            "portcullis.toml:3:1: accounts[0] (000000000001): unknown key nick; allowed here: id, ",
        ),
        (
            "[[accounts]]\nid = \"000000000001\"\ndisplayname = 1",
            "accounts[0] (000000000001): unknown key displayname (did you mean display_name?)",
        ),
        (
            "[[accounts]]\nid = \"000000000001\"\n[[accounts.users]]\nnam = \"x\"",
            "portcullis.toml:4:1: accounts[0]",
        ),
        (
            "[[rates]]\nbucket = \"a\"\nrequests = 1",
            "rates[0]: unknown limit requests (did you mean requests_per_second?)",
        ),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{text}: {refusal}");
        assert!(refusal.len() < 400, "{refusal}");
    }
}

#[test]
fn values_that_are_not_allowed_are_refused_with_what_is() {
    for (text, expected) in [
        (
            "workers = 1000",
            "portcullis.toml:1:1: workers = \"1000\": allowed is a whole number from 0 to 256",
        ),
        ("workers = 1.5", "workers: allowed is"),
        ("listen = []", "listen = \"\": allowed is a list"),
        ("listen = [\"here\"]", "listen = \"here\": allowed is a list"),
        ("domain = [\"UPPER\"]", "DNS names"),
        ("[log]\nformat = \"jsn\"", "log.format = \"jsn\": allowed is text or json (did you mean json?)"),
        ("[storage]\nsegment_bytes = \"450 M\"", "to 4 GiB; written as 1048576, 450MB or 2GiB"),
        ("[limits]\nidle_seconds_max = \"soon\"", "to 86400; written as 90, 90s, 5m, 2h or 1d"),
        ("[log]\nlevel = \"loud\"", "error, warn"),
        ("[log]\nlevel = \"volume=a=debug\"", "error, warn"),
        ("[limits]\nidle_seconds_max = 0", "from 1 to 86400"),
        ("[storage]\nsegment_bytes = \"1 KiB\"", "from 16 MiB"),
        ("[variables]\nx = [1]", "variables.x"),
        ("variables = 1", "variables: expected a table"),
        ("accounts = 1", "[[accounts]]"),
        ("region = \"x\"\nregion = \"y\"", "portcullis.toml:2:1: "),
        ("admin_listen = [\"127.0.0.1:9000\"]", "is in listen too"),
        ("[variables]\nregion = \"x\"", "set the key region"),
    ] {
        let refusal = refusal(text);
        assert!(refusal.contains(expected), "{text}: {refusal}");
    }
}

#[test]
fn secrets_are_in_no_error_and_no_output() {
    for text in [
        "[root]\naccess_key = \"abc\"\nsecret_key = [\"hunter2hunter2\"]",
        "[root]\naccess_key = \"abc\"\nsecret_key = \"hunter2hunter2",
        "[root]\nsecret_key = \"hunter2hunter2\"",
        "[[accounts]]\nid = \"000000000001\"\nsecret_key = [\"hunter2hunter2\"]",
        "[root]\naccess_key = \"a\"\nsecret_key = \"hunter2hunter2\"\nsecret_key_file = \"f\"",
    ] {
        let refusal = refusal(text);
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
    let environment = Environment::of([
        ("PORTCULLIS_ROOT_ACCESS_KEY", "abc"),
        ("PORTCULLIS_ROOT_SECRET_KEY", "hunter2hunter2"),
    ]);
    let config = load(&Given::default(), &environment).unwrap();
    for shown in [format!("{config:?}"), format!("{environment:?}"), render(&config, &BTreeMap::new())] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert_eq!(config.root.secret_key.unwrap().resolve().unwrap().reveal(), "hunter2hunter2");
}

#[test]
fn a_secret_of_a_later_source_replaces_a_secret_file_of_an_earlier_one() {
    let folder = tempfile::tempdir().unwrap();
    let given = with_file(&folder, "[root]\naccess_key = \"abc\"\nsecret_key_file = \"/no/such/file\"");
    let config = load(&given, &Environment::of([("PORTCULLIS_ROOT_SECRET_KEY", "later")])).unwrap();
    assert_eq!(config.root.secret_key, Some(SecretSource::Text(Secret::new("later"))));
    assert!(
        render(&config, &BTreeMap::new()).contains("secret_key = \"[redacted]\"  # from the environment")
    );
    assert!(!render(&config, &BTreeMap::new()).contains("secret_key_file ="));
}

#[test]
fn the_names_of_another_server_are_adopted_with_a_notice_unless_ours_are_set() {
    let theirs = [("MINIO_ROOT_USER", "theirs"), ("MINIO_ROOT_PASSWORD", "their secret")];
    let config = load(&Given::default(), &Environment::of(theirs)).unwrap();
    assert_eq!(config.root.access_key, Some(SecretSource::Text(Secret::new("theirs"))));
    assert_eq!(
        config.notices,
        [
            "MINIO_ROOT_USER is used as PORTCULLIS_ROOT_ACCESS_KEY",
            "MINIO_ROOT_PASSWORD is used as PORTCULLIS_ROOT_SECRET_KEY"
        ]
    );
    let ours = [("PORTCULLIS_ROOT_ACCESS_KEY", "ours"), ("PORTCULLIS_ROOT_SECRET_KEY", "our secret")];
    let config = load(&Given::default(), &Environment::of(theirs.into_iter().chain(ours))).unwrap();
    assert_eq!(config.root.access_key, Some(SecretSource::Text(Secret::new("ours"))));
    assert!(config.notices.is_empty());
}

#[test]
fn pipeline_variables_come_from_every_source() {
    let folder = tempfile::tempdir().unwrap();
    let mut given = with_file(
        &folder,
        "domain = [\"a.test\", \"b.test\"]\n[variables]\none = 1\ntwo = true\nthree = \"x\"",
    );
    given.variables = vec!["three=flag=yes".to_owned()];
    let environment = Environment::of([("PORTCULLIS_VARIABLE_TWO", "environment")]);
    let config = load(&given, &environment).unwrap();
    let set = |(name, value, origin): (&str, &str, Origin)| {
        (name.to_owned(), SetVariable { value: value.to_owned(), origin })
    };
    let expected = [
        ("domains", "a.test,b.test", Origin::File),
        ("one", "1", Origin::File),
        ("three", "flag=yes", Origin::Flag),
        ("two", "environment", Origin::Environment),
    ];
    assert_eq!(config.pipeline_variables(), expected.map(set).into());
    let source = config.source_of_variable("one", Origin::File);
    assert!(source.ends_with("portcullis.toml:3:1: variables.one"), "{source}");
    given.variables = vec!["three".to_owned()];
    assert!(load(&given, &environment).unwrap_err().to_string().contains("NAME=VALUE"));
}

#[test]
fn a_foreign_environment_variable_with_our_prefix_is_noted_and_ignored() {
    let config =
        load(&Given::default(), &Environment::of([("PORTCULLIS_PORT_9000_TCP", "tcp://x")])).unwrap();
    assert!(config.notices[0].contains("PORTCULLIS_PORT_9000_TCP"), "{:?}", config.notices);
    let config = load(&Given::default(), &Environment::of([("PORTCULLIS_DATADIR", "x")])).unwrap();
    assert!(config.notices[0].ends_with(" (did you mean PORTCULLIS_DATA_DIR?)"), "{:?}", config.notices);
    let refused = load(&Given::default(), &Environment::of([("PORTCULLIS_WORKERS", "x")])).unwrap_err();
    assert!(refused.to_string().starts_with("environment: PORTCULLIS_WORKERS = \"x\": "), "{refused}");
}

#[test]
fn every_default_is_allowed_and_shown_configuration_can_be_read_back() {
    for key in KEYS.iter().filter(|key| !(key.get)(&Config::default()).is_empty()) {
        let values = (key.get)(&Config::default());
        assert_eq!((key.set)(&mut Config::default(), &values), Some(()), "{}", key.name);
    }
    let given = given(&[("region", "eu-west-3"), ("storage.segment_bytes", "64MiB"), ("domain", "s3.test")]);
    let config = load(&given, &Environment::default()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let again =
        load(&with_file(&folder, &render(&config, &BTreeMap::new())), &Environment::default()).unwrap();
    assert_eq!(again.region, "eu-west-3");
    assert_eq!(again.storage.segment_bytes, 64 << 20);
    assert_eq!(again.domain, ["s3.test"]);
}

#[test]
fn what_is_not_set_is_shown_too() {
    let config =
        load(&given(&[("region", "eu-west-3")]), &Environment::of([("PORTCULLIS_VARIABLE_SIGV2", "off")]));
    let values = [("sigv2", "off"), ("sse_c_over_http", "refuse"), ("region", "eu-west-3"), ("domains", "")];
    let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let text = render(&config.unwrap(), &values);
    for line in [
        "region = \"eu-west-3\"  # from the command line",
        "# ca_file is not set",
        "# secret_key_file is not set",
        "# The root credentials are in portcullis-data/root-credentials.toml; the first start makes them.",
        "[variables]",
        "sigv2 = \"off\"  # from the environment",
        "sse_c_over_http = \"refuse\"",
    ] {
        assert_eq!(text.lines().filter(|own| *own == line).count(), 1, "{line}: {text}");
    }
    assert!(!text.contains("domains"), "{text}");
    let folder = tempfile::tempdir().unwrap();
    let again = load(&with_file(&folder, &text), &Environment::default()).unwrap();
    assert_eq!(again.variables["sse_c_over_http"].value, "refuse");
}

#[test]
fn the_documentation_names_every_key_with_its_flag_its_variable_and_its_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/configuration.md");
    let text = std::fs::read_to_string(path).unwrap();
    for key in KEYS {
        let row = format!("| `{}` |", key.name);
        let line = text.lines().find(|line| line.starts_with(&row));
        let line = line.unwrap_or_else(|| panic!("docs/configuration.md has no row {row}"));
        assert!(line.contains(&format!("`{}`", key.environment())), "{line}");
        assert!(key.form == Form::Hidden || line.contains(&format!("`--{}`", key.flag().unwrap())), "{line}");
        assert!(key.default().is_empty() || line.contains(&format!("`{}`", key.default())), "{line}");
    }
    assert_eq!(
        text.lines().filter(|line| line.starts_with("| `") && line.contains("PORTCULLIS_")).count(),
        KEYS.len()
    );
}

#[test]
fn sizes_and_times_are_read_with_their_units() {
    for (text, bytes) in [
        ("0", 0),
        ("1000", 1000),
        ("4KiB", 4096),
        ("256 MiB", 256 << 20),
        ("2GiB", 2 << 30),
        ("450MB", 450_000_000),
        ("10 kB", 10_000),
        ("3tib", 3 << 40),
        ("1TB", 1_000_000_000_000),
        (" 7 B ", 7),
    ] {
        assert_eq!(size::parse(text), Some(bytes), "{text}");
        assert_eq!(size::parse(&size::render(bytes)), Some(bytes));
    }
    for text in [
        "",
        "KiB",
        "1K",
        "10G",
        "-1",
        "1.5MiB",
        "1 MiB x",
        "99999999999999999999",
        "18446744073709551615 GiB",
        "1\u{fffd}",
    ] {
        assert_eq!(size::parse(text), None, "{text}");
    }
    for (text, seconds) in [("90", 90), ("90s", 90), ("5m", 300), ("2 h", 7200), ("1d", 86_400)] {
        assert_eq!(size::parse_time(text), Some(seconds), "{text}");
    }
    for text in ["", "s", "1ms", "1w", "1h30m", "-1s", "99999999999999999999", "9999999999999999999d"] {
        assert_eq!(size::parse_time(text), None, "{text}");
    }
    let given = given(&[("limits.idle_seconds_max", "2m"), ("storage.segment_bytes", "450MB")]);
    let config = load(&given, &Environment::default()).unwrap();
    assert_eq!((config.limits.idle.as_secs(), config.storage.segment_bytes), (120, 450_000_000));
}

#[test]
fn named_listeners_are_read_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[listeners]]\naddress = \"10.0.0.7:9000\"\nendpoint = \"vpce-0a1b\"\nvpc = \"vpc-1\"\npolicy = \"p.json\"\n\
                [[listeners]]\naddress = \"[::1]:9001\"\nendpoint = \"vpce-0c2d\"\n";
    let config = load(&with_file(&folder, text), &Environment::default()).unwrap();
    let [first, second] = config.listeners.as_slice() else { panic!("{:?}", config.listeners) };
    assert_eq!((first.endpoint.as_str(), first.vpc.as_deref()), ("vpce-0a1b", Some("vpc-1")));
    assert_eq!(first.policy.as_deref(), Some(folder.path().join("p.json").as_path()));
    assert_eq!((second.vpc.as_deref(), second.policy.as_deref()), (None, None));
    let addresses: Vec<String> = config.addresses().map(ToString::to_string).collect();
    assert_eq!(addresses, ["127.0.0.1:9000", "10.0.0.7:9000", "[::1]:9001"]);
    let again =
        load(&with_file(&folder, &render(&config, &BTreeMap::new())), &Environment::default()).unwrap();
    assert_eq!(again.listeners, config.listeners);
}

#[test]
fn named_listeners_that_mean_nothing_are_refused() {
    let listener = |address: &str, more: &str| format!("[[listeners]]\naddress = \"{address}\"\n{more}\n");
    let first = listener("127.0.0.1:1", "endpoint = \"vpce-1\"\npolicy = \"a\"");
    for (text, expected) in [
        ("listeners = 1".to_owned(), "[[listeners]] tables"),
        ("[[listeners]]\nendpoint = \"vpce-1\"".to_owned(), "listeners[0]: missing field `address`"),
        (listener("127.0.0.1:1", ""), "missing field `endpoint`"),
        (listener("here", "endpoint = \"vpce-1\""), "listeners[0]"),
        (listener("127.0.0.1:1", "endpoint = \"1\""), "allowed is vpce-"),
        (listener("127.0.0.1:1", "endpoint = \"vpce-\""), "allowed is vpce-"),
        (listener("127.0.0.1:1", "endpoint = \"vpce-1\"\nvpc = \"one\""), "allowed is vpc-"),
        (listener("127.0.0.1:1", "endpoint = \"vpce-1\"\npolice = \"x\""), "police"),
        (listener("127.0.0.1:9000", "endpoint = \"vpce-1\""), "another listener's"),
        (
            first.clone() + &listener("127.0.0.1:1", "endpoint = \"vpce-2\""),
            "listeners[1]: 127.0.0.1:1 is another",
        ),
        (first.clone() + &listener("127.0.0.1:2", "endpoint = \"vpce-1\""), "with another vpc or policy"),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains(expected), "{text}: {refusal}");
    }
}

#[test]
fn master_keys_are_read_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[kms_keys]]\nid = \"photos-2026\"\naccount = \"111122223333\"\nalias = [\"alias/photos\", \"alias/a/b\"]\n\
                enabled = false\npolicy = \"p.json\"\n[[kms_keys]]\nid = \"k\"\n";
    let config = load(&with_file(&folder, text), &Environment::default()).unwrap();
    let [first, second] = config.master_keys.as_slice() else { panic!("{:?}", config.master_keys) };
    assert_eq!((first.id.as_str(), first.account.as_deref()), ("photos-2026", Some("111122223333")));
    assert_eq!((first.alias.len(), first.enabled), (2, false));
    assert_eq!(first.policy.as_deref(), Some(folder.path().join("p.json").as_path()));
    assert_eq!((second.account.as_deref(), second.alias.len(), second.enabled), (None, 0, true));
    let again =
        load(&with_file(&folder, &render(&config, &BTreeMap::new())), &Environment::default()).unwrap();
    assert_eq!(again.master_keys, config.master_keys);
}

#[test]
fn master_keys_that_mean_nothing_are_refused() {
    let key = |more: &str| format!("[[kms_keys]]\nid = \"k\"\n{more}\n");
    for (text, expected) in [
        ("kms_keys = 1".to_owned(), "[[kms_keys]] tables"),
        ("[[kms_keys]]\nenabled = true".to_owned(), "missing field `id`"),
        ("[[kms_keys]]\nid = \"../k\"".to_owned(), "allowed are 1 to 128 letters"),
        ("[[kms_keys]]\nid = \"\"".to_owned(), "allowed are 1 to 128 letters"),
        (key("account = \"1\""), "12 digits"),
        (key("alias = [\"photos\"]"), "allowed is alias/"),
        (key("alias = [\"alias/\"]"), "allowed is alias/"),
        (key("alias = [\"alias/aws/s3\"]"), "not alias/aws/"),
        (key("aliases = []"), "aliases"),
        (key("enabled = \"no\""), "kms_keys[0] (k)"),
        (key("") + &key(""), "kms_keys[1]: id = \"k\": another key of the account has it"),
        (
            key("alias = [\"alias/a\"]") + "[[kms_keys]]\nid = \"l\"\nalias = [\"alias/a\"]",
            "kms_keys[1]: alias = \"alias/a\": another key of the account has it",
        ),
    ] {
        let refusal = refusal(&text);
        assert!(refusal.contains(expected), "{text}: {refusal}");
    }
}

#[test]
fn proxies_are_named_before_their_form_counts() {
    let config = load(
        &given(&[("proxies.trusted", "10.0.0.0/8"), ("proxies.header", "proxy-protocol")]),
        &Environment::default(),
    );
    let proxies = config.unwrap().proxies;
    assert_eq!(proxies.header, ProxyHeader::ProxyProtocol);
    assert!(proxies.trusts("10.1.2.3".parse().unwrap()) && !proxies.trusts("11.1.2.3".parse().unwrap()));
    assert!(refusal("[proxies]\nheader = \"forwarded\"").contains("proxies.trusted is not"));
    assert!(
        refusal("[proxies]\ntrusted = [\"0.0.0.0/0\"]")
            .contains("proxies.trusted = \"0.0.0.0/0\": allowed is")
    );
}

#[test]
fn names_of_this_machine_are_domains_where_only_they_lead_to_every_listener() {
    let domains = |listen: &[&str], set: &str| {
        let listen = listen.iter().map(|address| address.parse().unwrap()).collect();
        let mut domains = set.to_owned();
        Config { listen, ..Config::default() }.add_local_domains(&mut domains);
        domains
    };
    assert_eq!(domains(&["127.0.0.1:1", "[::1]:1"], ""), ",localhost,s3.localhost");
    assert_eq!(domains(&["127.0.0.1:1"], "a.test"), "a.test,localhost,s3.localhost");
    assert_eq!(domains(&["127.0.0.1:1", "0.0.0.0:1"], ""), "");
    assert_eq!(domains(&["10.0.0.1:1"], "a.test"), "a.test");
}

#[test]
fn the_example_sets_nothing_and_each_of_its_lines_can_be_taken() {
    let folder = tempfile::tempdir().unwrap();
    let text = example();
    let config = load(&with_file(&folder, &text), &Environment::default()).unwrap();
    assert!(config.origins.is_empty(), "{:?}", config.origins);
    let is_setting = |line: &&str| {
        line.starts_with('[')
            || line.strip_prefix('#').is_some_and(|line| line.starts_with(|c: char| c.is_lowercase()))
    };
    let lines: Vec<&str> = text.lines().filter(is_setting).map(|line| line.trim_start_matches('#')).collect();
    for key in KEYS {
        let name = key.name.rsplit('.').next().unwrap();
        assert!(lines.iter().any(|line| line.starts_with(&format!("{name} ="))), "{}", key.name);
    }
    // Not every key has a value to show.
    let shown = lines.iter().filter(|line| !line.ends_with('='));
    let set = shown.map(|line| format!("{line}\n")).collect::<String>();
    let config = load(&with_file(&folder, &set), &Environment::default()).unwrap();
    assert_eq!(config.admin_listen, ["127.0.0.1:9001".parse().unwrap()]);
    assert_eq!(config.proxies.trusted.len(), 2);
}
