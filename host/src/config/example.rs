//! The configuration file that `portcullis config example` prints: every setting, in a comment.

use std::fmt::Write as _;

use super::KEYS;
use super::file::literal;

/// Values for keys that have no default, as they stand in a file. A key that is in neither place
/// is shown without a value.
const VALUES: &[(&str, &str)] = &[
    ("admin_listen", "[\"127.0.0.1:9001\"]"),
    ("cache_dir", "\"/var/cache/portcullis\""),
    ("pipeline", "\"/etc/portcullis/spin.toml\""),
    ("domain", "[\"s3.example.com\"]"),
    ("access_log_file", "\"/var/log/portcullis/access.log\""),
    ("proxies.trusted", "[\"127.0.0.1\", \"10.0.0.0/8\"]"),
    ("telemetry.otlp_endpoint", "\"http://127.0.0.1:4318\""),
    ("outbound.allow", "[\"idp.internal.example\"]"),
    ("outbound.ca_file", "\"/etc/portcullis/authorities.pem\""),
    ("root.access_key_file", "\"/run/secrets/portcullis-access-key\""),
    ("root.secret_key_file", "\"/run/secrets/portcullis-secret-key\""),
];

/// What stands behind the settings.
const TABLES: &str = "
# Further tables are [variables], [[accounts]], [[kms_keys]], [[listeners]], [[quotas]] and
# [[rates]]: docs/configuration.md describes them.
";

/// Every setting with its meaning and its default, each in a comment: as it is, the file sets
/// nothing.
pub fn example() -> String {
    let mut text = String::from("# Every setting of Portcullis. Take the # away from what is to be set.\n");
    let mut table = "";
    for key in KEYS {
        let (prefix, name) = key.name.rsplit_once('.').unwrap_or(("", key.name));
        if prefix != table {
            let _ = writeln!(text, "\n[{prefix}]");
            table = prefix;
        }
        let _ = writeln!(text, "\n# {}.\n# Allowed: {}.", key.help, key.allowed);
        let default = (key.get)(&super::Config::default());
        let value = match VALUES.iter().find(|(own, _)| *own == key.name) {
            Some((_, value)) => Some((*value).to_owned()),
            None => (!default.is_empty()).then(|| literal(key, &default)),
        };
        let _ = match value {
            Some(value) => writeln!(text, "#{name} = {value}"),
            None => writeln!(text, "#{name} ="),
        };
    }
    text + TABLES
}
