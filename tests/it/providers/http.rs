//! The client: whom it believes, what it follows, and where it ends.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use ocariot_users::app::wearables::provider::{Fault, Provider};
use ocariot_users::model::wearables::Secret;
use ocariot_users::providers::http::{Address, AddressFault, HttpLimits, HttpOptions, Proxies, Trust};
use ocariot_users::providers::wearables::{Service, connect};
use serde_json::json;

use super::{TODAY, clock};
use crate::stand_ins::{
    BEHIND_PROXY, Encryption, StandIn, Told, Trouble, client, fitbit_provider, proxy, short_limits,
};

/// So long that only a test that hangs reaches it.
const FOR_EVER: Duration = Duration::from_secs(3600);
const SOON: Duration = Duration::from_millis(300);

/// Says that nobody slept.
fn sleepless(encryption: Encryption) -> StandIn {
    StandIn::start(encryption, |_| Told::json(200, json!({"sleep": []})))
}

/// Whether it gets an answer.
async fn reaches(provider: &Arc<dyn Provider>) -> bool {
    match provider.nights(&Secret::new("a token".to_owned()), TODAY).await {
        Ok(nights) => nights.is_empty(),
        Err(Fault::Unreachable) => false,
        Err(other) => panic!("{other:?}"),
    }
}

fn provider(address: &str, trust: Trust, proxies: Option<Proxies>, limits: HttpLimits) -> Arc<dyn Provider> {
    let options = HttpOptions { limits, trust, proxies, clock: clock() };
    connect(Service::Fitbit { address: Address::parse(address).unwrap() }, client(), options).unwrap()
}

#[tokio::test]
async fn only_certificates_of_authorities_that_are_known_are_believed() {
    let (stand_in, other) = (sleepless(Encryption::Tls), sleepless(Encryption::Tls));
    let with = |url: &str, trust| provider(url, trust, None, short_limits());
    assert!(reaches(&with(&stand_in.url(), stand_in.trust())).await);
    assert!(reaches(&with(&stand_in.named_url(), stand_in.trust())).await);
    assert_eq!(stand_in.count("/"), 2);
    assert!(!reaches(&with(&stand_in.url(), other.trust())).await);
    assert!(!reaches(&with(&stand_in.url(), Trust::of_system())).await, "the system knows no authority of tests");
    assert_eq!(stand_in.count("/"), 2, "no token was sent");
    let plain = sleepless(Encryption::None);
    let limits = HttpLimits { connect: SOON, ..short_limits() };
    assert!(!reaches(&provider(&plain.url().replace("http:", "https:"), other.trust(), None, limits)).await);
    assert_eq!(plain.count("/"), 0);
}

#[test]
fn an_address_that_nobody_could_vouch_for_is_refused_at_once() {
    let options =
        || HttpOptions { limits: short_limits(), trust: Trust::only(Vec::new()), proxies: None, clock: clock() };
    let refused = |address: &str| {
        connect(Service::Fitbit { address: Address::parse(address).unwrap() }, client(), options()).err()
    };
    assert_eq!(refused("https://example.org/a"), Some(AddressFault::NobodyTrusted("https://example.org/a".to_owned())));
    assert_eq!(refused("http://127.0.0.1:9"), None, "this machine is not encrypted to itself");
}

#[tokio::test]
async fn what_does_not_answer_as_it_should_is_no_answer() {
    let stand_in = sleepless(Encryption::None);
    let provider = fitbit_provider(&stand_in, short_limits(), clock());
    let long = " ".repeat(9 << 20);
    for trouble in [
        Trouble::Half,
        Trouble::HangsUp,
        Trouble::Says(Told::new(200, "<html>")),
        Trouble::Says(Told::new(200, "")),
        Trouble::Says(Told::json(200, json!([]))),
        Trouble::Says(Told::json(200, json!({}))),
        Trouble::Says(Told::json(200, json!({"sleep": {}}))),
        Trouble::Says(Told::json(200, json!({"sleep": vec![0; 10_001]}))),
        Trouble::Says(Told::new(200, "[".repeat(1 << 20))),
        Trouble::Says(Told::json(410, json!({"errors": [{"errorType": "expired_token", "message": "gone"}]}))),
        Trouble::Says(Told::new(200, format!(r#"{{"sleep":[]}}{long}"#))),
        Trouble::Says(Told::new(200, format!(r#"{{"sleep":[]}}{long}"#)).packed()),
        Trouble::Says(Told::json(200, json!({"sleep": []})).with("content-encoding", "br")),
        Trouble::Says(Told::json(200, json!({"sleep": []})).with("content-encoding", "gzip")),
    ] {
        assert!(reaches(&provider).await, "it was reached before");
        stand_in.trouble_times("/sleep", trouble.clone(), 1);
        assert!(!reaches(&provider).await, "{:.200}", format!("{trouble:?}"));
    }
    stand_in.trouble("/sleep", Trouble::Says(Told::json(200, json!({"sleep": []})).packed()));
    assert!(reaches(&provider).await, "packed as it was asked for");
    stand_in.heal();
    assert!(reaches(&provider).await);
    let asked = stand_in.asked().pop().unwrap();
    assert_eq!(asked.header("accept-encoding"), Some("gzip"));
    assert_eq!((asked.header("accept-language"), asked.header("accept")), (None, Some("application/json")));
    let url = stand_in.url();
    drop(stand_in);
    assert!(!reaches(&provider).await, "nobody is at {url}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stand_in, elsewhere) = (sleepless(Encryption::None), sleepless(Encryption::None));
    let provider = fitbit_provider(&stand_in, short_limits(), clock());
    for status in [301, 302, 303, 307, 308] {
        for to in [format!("{}/sleep", elsewhere.url()), "/elsewhere".to_owned()] {
            stand_in.trouble_times("/sleep", Trouble::Says(Told::new(status, "").with("location", &to)), 1);
            assert!(!reaches(&provider).await, "{status} to {to}");
        }
    }
    assert_eq!((elsewhere.count("/"), stand_in.count("/elsewhere"), stand_in.count("/")), (0, 0, 10));
}

#[tokio::test]
async fn a_late_answer_is_none() {
    let stand_in = sleepless(Encryption::None);
    let limits = HttpLimits { connect: FOR_EVER, whole: SOON, ..HttpLimits::default() };
    let provider = fitbit_provider(&stand_in, limits, clock());
    stand_in.trouble("/sleep", Trouble::Late(FOR_EVER));
    assert!(!reaches(&provider).await);
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_is_given_up() {
    // It takes the connection, and never answers the handshake.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let limits = HttpLimits { connect: SOON, whole: FOR_EVER, ..HttpLimits::default() };
    let trust = sleepless(Encryption::Tls).trust();
    let provider = provider(&format!("https://{}", silent.local_addr().unwrap()), trust, None, limits);
    assert!(!reaches(&provider).await);
}

#[tokio::test]
async fn at_most_four_are_asked_at_a_time_and_connections_are_kept() {
    let stand_in = sleepless(Encryption::None);
    let provider = fitbit_provider(&stand_in, short_limits(), clock());
    for _ in 0..5 {
        assert!(reaches(&provider).await);
    }
    assert_eq!(stand_in.connections(), 1);
    stand_in.trouble("/sleep", Trouble::Late(Duration::from_millis(50)));
    let asking = (0..20).map(|_| {
        let provider = Arc::clone(&provider);
        tokio::spawn(async move { reaches(&provider).await })
    });
    for asking in asking.collect::<Vec<_>>() {
        assert!(asking.await.unwrap());
    }
    assert!((2..=4).contains(&stand_in.most_at_a_time()), "{}", stand_in.most_at_a_time());
}

#[tokio::test]
async fn a_proxy_is_asked_only_where_one_is_meant_and_sees_nothing() {
    let stand_in = sleepless(Encryption::Tls);
    let (url, asked) = proxy(stand_in.address().port());
    let named = format!("https://{BEHIND_PROXY}");
    let limits = HttpLimits { connect: SOON, ..short_limits() };
    let with = |address: &str, proxies| provider(address, stand_in.trust(), proxies, limits);
    assert!(!reaches(&with(&named, None)).await, "no name server knows it");
    assert!(!reaches(&with(&named, Some(Proxies::only(&url, BEHIND_PROXY)))).await);
    assert!(reaches(&with(&stand_in.url(), Some(Proxies::only(&url, "")))).await, "this machine is asked directly");
    assert!(asked.try_recv().is_err(), "the proxy was not asked");
    let through = provider(&named, stand_in.trust(), Some(Proxies::only(&url, "")), short_limits());
    assert!(reaches(&through).await);
    let head = asked.try_recv().unwrap();
    assert!(head.starts_with(&format!("CONNECT {BEHIND_PROXY}:443 HTTP/1.1\n")), "{head}");
    assert!(head.contains("asic dXNlcjpwYXNz") && !head.contains("token"), "{head}");
    let options = HttpOptions {
        limits,
        trust: stand_in.trust(),
        proxies: Some(Proxies::only("https://proxy.invalid", "")),
        clock: clock(),
    };
    let refused = connect(Service::Fitbit { address: Address::parse(&named).unwrap() }, client(), options).err();
    assert_eq!(refused, Some(AddressFault::Proxy(named)));
}
