//! The real program and a service outside: whom it believes, through whom it asks, and what its log tells.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use serde_json::json;

use super::syncs::{ACCOUNT, Wearer, settings, stand_in};
use super::{Server, program};
use crate::stand_ins::{
    BEHIND_PROXY, CLIENT_ID, CLIENT_SECRET, Encryption, FitbitStandIn, Tokens, Told, Trouble, proxy,
};

/// Starts with the service at this address, which shows a certificate of this authority.
fn start(url: &str, authority: &FitbitStandIn, arguments: &[&str], environment: &[(&str, &str)]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("authority.pem");
    std::fs::write(&file, authority.authority_pem().unwrap()).unwrap();
    let settings = settings(url);
    let settings: Vec<_> = settings.iter().map(String::as_str).chain(arguments.iter().copied()).collect();
    let mut program = program(folder.path(), &settings);
    program.env("SSL_CERT_FILE", file).envs(environment.iter().copied());
    Server::run(program, folder)
}

fn submitted(wearer: &Wearer, server: &Server, tokens: &Tokens) -> u16 {
    let body = json!({"access_token": tokens.access, "refresh_token": tokens.refresh});
    wearer.ask(server, Method::POST, "auth").json(&body).send().unwrap().status().as_u16()
}

#[test]
fn the_authorities_of_the_system_are_believed_and_no_others() {
    let (known, other) = (stand_in(Encryption::Tls), stand_in(Encryption::Tls));
    let tokens = known.consent(ACCOUNT, "ract");
    for (authority, expected) in [(&other, 503), (&known, 204)] {
        let server = start(&known.named_url(), authority, &[], &[]);
        assert_eq!(submitted(&Wearer::of(&server), &server, &tokens), expected);
    }
    assert_eq!(known.count("/introspect"), 1, "the token was not sent to whom nobody vouches for");
}

#[test]
fn proxies_of_the_environment_count_only_if_the_service_is_set_so() {
    let stand_in = stand_in(Encryption::Tls);
    let tokens = stand_in.consent(ACCOUNT, "ract");
    let (url, asked) = proxy(stand_in.address().port());
    let service = format!("https://{BEHIND_PROXY}");
    for (arguments, expected) in [(&[][..], 503), (&["--wearable-proxy"][..], 204)] {
        assert!(asked.try_recv().is_err(), "it was not asked yet");
        let server = start(&service, &stand_in, arguments, &[("HTTPS_PROXY", &url)]);
        assert_eq!(submitted(&Wearer::of(&server), &server, &tokens), expected);
    }
    assert!(asked.try_recv().unwrap().starts_with(&format!("CONNECT {BEHIND_PROXY}:443 ")));
}

#[test]
fn the_log_tells_no_token_no_secret_and_nothing_that_is_said_outside() {
    const SAID: &str = "what is said outside";
    let stand_in = stand_in(Encryption::Tls);
    let server = start(&stand_in.url(), &stand_in, &["--log", "trace"], &[]);
    let wearer = Wearer::of(&server);
    let first = stand_in.consent(ACCOUNT, "ract rsle rwei");
    assert_eq!(submitted(&wearer, &server, &first), 204);
    let refusal = |kind: &str| json!({"errors": [{"errorType": kind, "message": format!("{SAID} {}", first.access)}]});
    for (path, trouble) in [
        ("/1.2/", Trouble::Says(Told::json(403, refusal("other")))),
        ("/1.2/", Trouble::Says(Told::json(500, refusal("internal_error")))),
        ("/1.2/", Trouble::Says(Told::new(200, SAID))),
        ("/1.2/", Trouble::Half),
        ("/1.2/", Trouble::Says(Told::new(302, SAID).with("location", "https://elsewhere.invalid/"))),
        ("/introspect", Trouble::Says(Told::json(401, refusal("invalid_token")))),
    ] {
        stand_in.heal();
        stand_in.trouble(path, trouble);
        wearer.sync(&server).unwrap();
    }
    let second = wearer.refresh_token(&server).as_str().unwrap().to_owned();
    assert!(second != first.refresh, "the last one refreshed");
    let basic = STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}"));
    let log = server.output();
    assert!(
        log.contains("No answer came from outside") && log.contains("An answer from outside cannot be read"),
        "{log}"
    );
    for secret in [SAID, &first.access, &first.refresh, &second, CLIENT_SECRET, &basic] {
        assert!(!log.contains(secret), "{secret}");
    }
}
