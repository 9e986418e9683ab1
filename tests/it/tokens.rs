//! Forged tokens (RFC 8725): each is refused, with the contract's body (section 2.2).

use jsonwebtoken::{Algorithm, EncodingKey, Header, crypto::sign};
use serde_json::{Value, json};

use crate::support::{Reply, World, claims, rsa_key};

pub const BAD: &str = "Authentication failed due to access token issues.";
pub const EXPIRED: &str = "Authentication failed because access token is expired.";
pub const REVOKED: &str = "The token user is not properly registered as a consumer at the gateway.";

fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | u32::from(chunk.get(at).copied().unwrap_or(0)));
        (0..=chunk.len()).for_each(|at| text.push(DIGITS[(bits >> (18 - 6 * at) & 63) as usize].into()));
    }
    text
}

/// A token of these texts, whatever they are, with a signature that is right.
fn signed(header: &str, claims: &str) -> String {
    signed_with(rsa_key(), header, claims)
}

/// The same, signed with this key.
pub fn signed_with(key: &[u8], header: &str, claims: &str) -> String {
    let message = format!("{}.{}", base64url(header.as_bytes()), base64url(claims.as_bytes()));
    let key = EncodingKey::from_rsa_pem(key).unwrap();
    format!("{message}.{}", sign(message.as_bytes(), &key, Algorithm::RS256).unwrap())
}

/// A token of the administrator, to be forged.
struct Forge {
    header: Value,
    claims: Value,
    genuine: String,
    cases: Vec<(String, String, &'static str)>,
}

impl Forge {
    fn case(&mut self, name: impl Into<String>, token: String, description: &'static str) {
        self.cases.push((name.into(), token, description));
    }

    /// The right signature over a header that has another value here.
    fn header(&mut self, key: &str, value: Value) {
        let mut header = self.header.clone();
        header[key] = value;
        self.case(format!("header {header}"), signed(&header.to_string(), &self.claims.to_string()), BAD);
    }

    /// The right signature over claims that have another value here.
    fn claim(&mut self, key: &str, value: Value, description: &'static str) {
        let mut claims = self.claims.clone();
        claims[key] = value;
        let name = format!("claim {key} is {}", claims[key]);
        self.case(name, signed(&self.header.to_string(), &claims.to_string()), description);
    }

    fn headers(&mut self) {
        let algorithms = "none None NONE nOnE HS256 HS384 HS512 RS384 RS512 PS256 PS384 PS512 ES256 ES384 EdDSA rs256";
        for algorithm in algorithms.split(' ') {
            self.header("alg", json!(algorithm));
        }
        for odd in [json!(null), json!(1), json!([]), json!(["RS256"]), json!({}), json!(true), json!("")] {
            self.header("alg", odd);
        }
        for kid in ["", "other", "../../etc/passwd", "' OR 1=1 --", "\u{0}", "/dev/null", "\u{1F511}"] {
            self.header("kid", json!(kid));
        }
        for odd in [json!(1), json!([]), json!({}), json!(false), json!("k".repeat(5000))] {
            self.header("kid", odd);
        }
        for typ in ["at+jwt", "JOSE", "secevent+jwt", "", "JWE", "dpop+jwt"] {
            self.header("typ", json!(typ));
        }
        for odd in [json!(1), json!([]), json!({})] {
            self.header("typ", odd);
        }
        for critical in [json!([]), json!(["exp"]), json!(["b64"]), json!(["x", "y"]), json!("b64"), json!(1)] {
            self.header("crit", critical);
        }
    }

    fn types_of_claims(&mut self) {
        let odd = [json!(null), json!([]), json!({}), json!(true), json!([1]), json!({"a": 1})];
        for key in ["sub", "sub_type", "iss", "iat", "exp", "jti", "scope"] {
            for odd in &odd {
                self.claim(key, odd.clone(), BAD);
            }
            let mut claims = self.claims.clone();
            claims.as_object_mut().unwrap().remove(key);
            self.case(format!("without {key}"), signed(&self.header.to_string(), &claims.to_string()), BAD);
        }
        for key in ["sub", "sub_type", "iss", "jti", "scope"] {
            self.claim(key, json!(1), BAD);
            self.claim(key, json!(1.5), BAD);
        }
        for key in ["iat", "exp", "nbf"] {
            for odd in [json!("1"), json!(""), json!("never"), json!(1.5), json!(1e30), json!(u64::MAX)] {
                self.claim(key, odd, BAD);
            }
        }
        for odd in &odd[1..] {
            self.claim("nbf", odd.clone(), BAD);
        }
    }

    fn values_of_claims(&mut self) {
        let now = self.claims["iat"].as_i64().unwrap();
        for iss in ["", "Ocariot", "ocariot ", "other", "https://ocariot"] {
            self.claim("iss", json!(iss), BAD);
        }
        self.claim("iss", json!(["ocariot"]), BAD);
        for sub in ["", "admin", "1", "../1", "ZZZZZZZZZZZZZZZZZZZZZZZZ", "0123456789abcdef0123456", "' OR 1=1"] {
            self.claim("sub", json!(sub), BAD);
        }
        for kind in ["", "Admin", "root", "admin ", "healthProfessional"] {
            self.claim("sub_type", json!(kind), BAD);
        }
        for jti in ["", "x", "1.0", "1e3", " 1", "0x1", "+1", "01", "99999999999999999999"] {
            self.claim("jti", json!(jti), BAD);
        }
        for future in [now + 60, now + 86_400, i64::MAX] {
            self.claim("iat", json!(future), BAD);
            self.claim("nbf", json!(future), BAD);
        }
        for past in [now, now - 1, 1, 0, -1, i64::MIN] {
            self.claim("exp", json!(past), EXPIRED);
        }
    }

    fn texts(&mut self) {
        let genuine = self.genuine.clone();
        let parts: Vec<_> = genuine.split('.').collect();
        let (header, claims, signature) = (parts[0], parts[1], parts[2]);
        for keep in (1..genuine.len()).step_by(29) {
            self.case(format!("cut to {keep}"), genuine[..keep].to_owned(), BAD);
        }
        let empty = base64url(br#"{"alg":"none"}"#);
        for (name, token) in [
            ("no signature", format!("{header}.{claims}.")),
            ("two parts", format!("{header}.{claims}")),
            ("four parts", format!("{genuine}.")),
            ("five parts", format!("{genuine}..")),
            ("dots", "..".to_owned()),
            ("none, unsigned", format!("{empty}.{claims}.")),
            ("none, signed", format!("{empty}.{claims}.{signature}")),
            ("padded", format!("{genuine}=")),
            ("swapped", format!("{claims}.{header}.{signature}")),
            ("twice", format!("{genuine}{genuine}")),
            ("with a comma", format!("{genuine}, {genuine}")),
            ("huge", "A".repeat(200_000)),
            ("huge parts", format!("{header}.{}.{signature}", "A".repeat(100_000))),
            ("no JSON", signed("RS256", "claims")),
            ("claims are a list", signed(&self.header.to_string(), "[]")),
            ("deep claims", signed(&self.header.to_string(), &"[".repeat(10_000))),
            (
                "claim twice",
                signed(&self.header.to_string(), &self.claims.to_string().replacen('{', "{\"sub\":\"a\",", 1)),
            ),
        ] {
            self.case(name, token, BAD);
        }
    }

    /// The attack on services that take the public key as a shared secret.
    fn public_key_as_secret(&mut self, modulus: &str) {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let header = Header { kid: self.header["kid"].as_str().map(str::to_owned), ..Header::new(algorithm) };
            for secret in [modulus.as_bytes(), b"", rsa_key()] {
                let token = jsonwebtoken::encode(&header, &self.claims, &EncodingKey::from_secret(secret)).unwrap();
                self.case(format!("{algorithm:?} with a secret of {} bytes", secret.len()), token, BAD);
            }
        }
        let other = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let key = EncodingKey::from_rsa_pem(other.serialize_pem().as_bytes()).unwrap();
        let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &self.claims, &key).unwrap();
        self.case("another key", token, BAD);
    }
}

#[tokio::test]
async fn a_forged_token_opens_nothing() {
    let world = World::new().await;
    let admin = world.admin().await;
    let genuine = admin.token.clone().unwrap();
    let jwk = world.nobody().get("/v1/.well-known/jwks.json").await.is(200).body["keys"][0].clone();
    let header = json!({"typ": "JWT", "alg": "RS256", "kid": jwk["kid"]});
    let mut forge = Forge { header, claims: claims(&admin), genuine, cases: Vec::new() };
    forge.headers();
    forge.types_of_claims();
    forge.values_of_claims();
    forge.texts();
    forge.public_key_as_secret(jwk["n"].as_str().unwrap());
    let untouched = signed(&forge.header.to_string(), &forge.claims.to_string());
    world.bearer(&untouched).get("/v1/institutions").await.is(200);
    assert!(forge.cases.len() >= 200, "{} forged tokens", forge.cases.len());
    let mut accepted = Vec::new();
    for (name, token, description) in forge.cases {
        let reply = world.bearer(&token).get("/v1/institutions").await;
        if !is_refused(&reply, description) {
            accepted.push(format!("{name}: {}", reply.text));
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
}

pub fn is_refused(reply: &Reply, description: &str) -> bool {
    let body = json!({"code": 401, "message": "UNAUTHORIZED", "description": description, "redirect_link": "/auth"});
    reply.status == 401 && reply.body == body && reply.header("www-authenticate") == Some("Bearer")
}

#[tokio::test]
async fn a_token_of_a_deleted_user_is_refused() {
    let world = World::new().await;
    let school = world.school().await;
    let admin = world.admin().await;
    admin.delete(&format!("/v1/users/{}", school.educator.id)).await.is(204);
    let reply = school.educator.client.get("/v1/institutions").await;
    assert!(is_refused(&reply, REVOKED), "{}", reply.text);
}
