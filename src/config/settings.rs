//! THE table of settings. Flags, variables, keys of the file, `config show` and README's table come from it.

/// A setting.
#[derive(Debug)]
pub struct Setting {
    /// The flag without its dashes. With `_` in place of `-`, the key in the settings file.
    pub flag: &'static str,
    /// Names of variables that operators of the original platform know.
    pub aliases: &'static [&'static str],
    /// What holds when nothing is given, as it would be given. Empty: the help says what happens.
    pub default: &'static str,
    /// What kind of value it takes.
    pub kind: SettingKind,
    /// What it does.
    pub help: &'static str,
}

/// What kind of value a setting takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingKind {
    /// Text of the form that the word names.
    Value(&'static str),
    /// `true` or `false`; the bare flag means `true`.
    Switch,
    /// Text that is never shown, and can be read from a file by a variable named `<NAME>_FILE`.
    Secret,
}

impl Setting {
    /// The variable: `OCARIOT_` and the flag in upper case.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("OCARIOT_{}", self.flag.replace('-', "_").to_ascii_uppercase())
    }

    /// The key in the settings file.
    #[must_use]
    pub fn key(&self) -> String {
        self.flag.replace('-', "_")
    }
}

const fn value(flag: &'static str, form: &'static str, default: &'static str, help: &'static str) -> Setting {
    Setting { flag, aliases: &[], default, kind: SettingKind::Value(form), help }
}

const fn switch(flag: &'static str, help: &'static str) -> Setting {
    Setting { flag, aliases: &[], default: "false", kind: SettingKind::Switch, help }
}

impl Setting {
    const fn or(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }
}

/// Every setting.
#[rustfmt::skip]
pub const SETTINGS: &[Setting] = &[
    value("config", "FILE", "", "Settings file (TOML). Keys are the flags with `_` in place of `-`."),
    value("data-dir", "FOLDER", "data", "Where the database, the keys and the certificate live."),
    value("bind", "ADDRESS", "127.0.0.1", "Address to listen on; 0.0.0.0 opens the service to the network, :: to IPv6 as well."),
    value("port-https", "PORT", "3001", "Port of the API over TLS; 0 takes any free one.").or(&["PORT_HTTPS"]),
    value("port-http", "PORT", "3000", "Port that redirects to HTTPS, or of the API with --plain-http.").or(&["PORT_HTTP"]),
    value("metrics-bind", "ADDRESS:PORT", "off", "Where `/metrics` is served for Prometheus, without TLS and without asking who it is; `off`: nowhere."),
    switch("plain-http", "Serve the API itself on --port-http, without TLS: behind a proxy, or to try."),
    value("tls-cert", "FILE", "", "Certificate chain (PEM); without, one is made in the data folder.").or(&["SSL_CERT_PATH"]),
    value("tls-key", "FILE", "", "Key of the certificate (PEM).").or(&["SSL_KEY_PATH"]),
    value("jwt-private-key", "FILE", "", "RSA key that signs tokens (PEM); without, one is made in the data folder.").or(&["JWT_PRIVATE_KEY_PATH"]),
    value("jwt-public-key", "FILE", "", "Its public key (PEM); only compared with it.").or(&["JWT_PUBLIC_KEY_PATH"]),
    value("issuer", "NAME", "ocariot", "`iss` of tokens.").or(&["ISSUER"]),
    value("token-ttl", "TIME", "24h", "How long a token is valid: 1m to 365d."),
    value("admin-username", "NAME", "admin", "Name of the first administrator; used only while there is none.").or(&["ADMIN_USERNAME"]),
    Setting { flag: "admin-password", aliases: &["ADMIN_PASSWORD"], default: "", kind: SettingKind::Secret,
        help: "Password of the first administrator; without, one is made up and shown once." },
    value("username-key", "FILE", "", "Key that stored usernames are encrypted with (128 hex digits); without, one is made in the data folder."),
    Setting { flag: "username-passphrase", aliases: &["ENCRYPT_SECRET_KEY"], default: "", kind: SettingKind::Secret,
        help: "Passphrase to derive that key from, in place of a file." },
    value("password-min-length", "COUNT", "1", "Fewest characters of a new password: 1 to 256."),
    value("hash-memory", "SIZE", "19 MiB", "Memory of one password hash (argon2id): 8 KiB to 1 GiB."),
    value("hash-iterations", "COUNT", "2", "Passes of one password hash over its memory: 1 to 100."),
    value("hash-threads", "COUNT", "", "Password hashes computed at the same time: 1 to 256; without, as many as there are cores."),
    value("hash-queue", "COUNT", "64", "Password hashes that may wait; more are answered 503."),
    switch("trust-clock", "Let users log in although the clock is behind the newest change: for a clock that was once far ahead, until that time is over."),
    switch("self-affiliation", "Let users change their own institution, and families their own children, as in the original."),
    switch("educators-reset", "Let educators reset passwords of the children in their own groups, into which they take whom they like."),
    value("body-limit", "SIZE", "100 KiB", "Longest body of a request: 1 KiB to 16 MiB."),
    value("upload-limit", "SIZE", "1 MiB", "Longest body that may hold many items, such as weights: 1 KiB to 16 MiB."),
    value("wearable-limit", "SIZE", "2 GiB", "Files of wearables that one user may have uploaded and not stored yet: 1 MiB to 2 GiB; all together may have twice as much."),
    value("body-timeout", "TIME", "20s", "How long a body may take to arrive: 1s to 1h."),
    value("url-limit", "SIZE", "4 KiB", "Longest URI of a request: 256 B to 64 KiB."),
    value("header-limit", "SIZE", "16 KiB", "Longest head of a request: 8 KiB to 1 MiB."),
    value("header-timeout", "TIME", "10s", "How long the head of a request may take to arrive: 1s to 1h."),
    value("idle-timeout", "TIME", "130s", "How long a connection may idle between two requests: 1s to 1h. Proxies keep theirs for up to two minutes, and should end them first."),
    value("tls-handshake-timeout", "TIME", "10s", "How long a TLS handshake may take: 1s to 1h."),
    value("max-connections", "COUNT", "1500", "Connections open at the same time: 1 to 100000; for more, those that wait for their clients make room."),
    value("max-connections-per-address", "COUNT", "", "How many of these may come from one address (IPv6: one /64) that is none of --trusted-proxies: 1 to 100000; without, a fifth. For more, some of its own make room."),
    value("write-timeout", "TIME", "20s", "How long a client may take none of its answer: 1s to 1h."),
    value("answer-budget", "SIZE", "32 MiB", "Memory for all long answers that wait for their clients: 1 MiB to 1 GiB; beyond it they are read only as fast as they are taken."),
    value("body-budget", "SIZE", "16 MiB", "Memory for all large bodies that arrive at the same time: 64 KiB to 1 GiB; one address takes half of what is left, so at least twice the longest body; more is answered 503. Up to 8 KiB of a body count for nothing."),
    value("shutdown-grace", "TIME", "10s", "How long requests in work may take to end when the service stops: 0s to 1h."),
    value("cors-origins", "LIST", "", "Origins whose pages may use the API from a browser, separated by commas, such as `https://portal.example`; without, none."),
    value("rate-limit", "on|off", "on", "Whether to limit how often clients may ask; off is for load tests."),
    value("rate-limit-address", "RATE", "6000/1m", "Requests of one client: so many at once, and as many again within the time."),
    value("rate-limit-token", "RATE", "6000/1m", "Requests with one token."),
    value("rate-limit-logins", "RATE", "300/5m", "Passwords that one client tries, for all accounts together."),
    value("rate-limit-account", "RATE", "100/15m", "Passwords tried for one account by one client; and by all, which slows those that its user never logged in from."),
    value("trusted-proxies", "NETWORKS", "", "Proxies whose X-Forwarded-For is believed: addresses or networks such as 10.0.0.0/8, with commas between."),
    value("keep-tracking", "TIME", "", "Remove what is tracked when it is older, such as 5y: 30d to 100y; without, it is kept."),
    value("wearable-provider", "SERVICE", "off", "Service that children's wearables are synced with: `off`, `fitbit` (the old form, for a bridge that speaks it) or `google` (the Google Health API)."),
    value("wearable-url", "URL", "", "Its address: for `fitbit` that of the bridge, for Fitbit's own is off; without, `google` is at https://health.googleapis.com."),
    value("wearable-token-url", "URL", "https://oauth2.googleapis.com", "Where `google` refreshes and revokes tokens."),
    value("fitbit-client-id", "ID", "", "Id of the client that the service knows.").or(&["FITBIT_CLIENT_ID"]),
    Setting { flag: "fitbit-client-secret", aliases: &["FITBIT_CLIENT_SECRET"], default: "", kind: SettingKind::Secret,
        help: "Its secret." },
    Setting { flag: "fitbit-subscriber-code", aliases: &["FITBIT_CLIENT_SUBSCRIBER"], default: "", kind: SettingKind::Secret,
        help: "Code that `fitbit` proves with that its notices may come here; without, none do." },
    switch("fitbit-share-secret", "Tell apps the client's secret beside its id, as in the original: without, an app that runs the code flow itself connects no child."),
    value("wearable-sync-every", "TIME", "", "Sync every child's wearable by itself when the last sync is so long ago, up to a tenth more: 1h to 365d; without, never."),
    switch("wearable-proxy", "Ask the service through the proxies that HTTPS_PROXY, ALL_PROXY and NO_PROXY name."),
    value("audit-keep", "TIME", "365d", "How long rows of the audit trail are kept: 1d to 3650d."),
    value("audit-size", "SIZE", "256 MiB", "How large the audit trail may become: 1 MiB to 2 GiB; beyond it the oldest rows go before their time, which the log says."),
    switch("audit-reads", "Name in the audit trail who views which single child, too."),
    switch("hsts", "Tell browsers to use HTTPS alone for this host (RFC 6797)."),
    value("console", "on|off", "on", "Whether `/` is the console; without, it leads to Swagger UI."),
    value("backup-dir", "FOLDER", "", "Where backups go; without, into `backups` in the data folder."),
    value("backup-passphrase-file", "FILE", "", "File with the passphrase that backups are sealed under."),
    switch("backup-without-keys", "Leave the keys out of the backups of --backup-schedule: keep them elsewhere."),
    switch("backup-readable-by-anybody", "Make these backups without a passphrase: whoever has one can read it. They hold no keys."),
    value("backup-schedule", "TIME", "", "When the running service makes backups by itself: so much time apart, 1m to 365d, or at a time of day here, such as `daily 02:30`; without, never."),
    value("backup-keep", "TIME", "", "After each of these backups, remove those in the folder that are older, such as 15d."),
    value("backup-keep-last", "COUNT", "", "Keep as many of the newest, whatever their age; without both, all are kept."),
    value("log", "FILTER", "info", "What to log: error, warn, info, debug, or a filter such as `info,ocariot_users::store=debug`."),
    value("log-format", "FORM", "text", "`text` or `json`."),
];

/// The table for README: settings, variables, aliases, defaults, in Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut text = String::from("| flag | variable | default | |\n|---|---|---|---|\n");
    for setting in SETTINGS {
        let aliases: String = setting.aliases.iter().map(|alias| format!(", `{alias}`")).collect();
        let default = if setting.default.is_empty() { String::new() } else { format!("`{}`", setting.default) };
        text.push_str(&format!(
            "| `--{}` | `{}`{aliases} | {default} | {} |\n",
            setting.flag,
            setting.variable(),
            setting.help
        ));
    }
    text
}
