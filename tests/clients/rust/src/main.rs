//! What people do first, with a client made by progenitor.

use std::env::var;

use serde_json::{from_value, json};

progenitor::generate_api!(spec = "openapi.json", interface = Builder);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = var("DEMO_URL")?;
    let anonymous = Client::new(&url);
    let login = json!({"username": "admin", "password": "ocariot-demo"});
    let login = anonymous.auth_login().body(from_value::<types::Login>(login)?).send().await?.into_inner();
    let mut headers = reqwest::header::HeaderMap::new();
    headers.insert("authorization", format!("Bearer {}", login.access_token).parse()?);
    let client = Client::new_with_client(&url, reqwest::Client::builder().default_headers(headers).build()?);

    let school = from_value::<types::NewInstitution>(json!({"name": "Rust School", "type": "School"}))?;
    let school = client.institution_create().body(school).send().await?.into_inner();
    let child = json!({"username": "RS0001", "password": "first", "institution_id": school.id, "gender": "female", "age": 9});
    let child = client.child_create().body(from_value::<types::NewChild>(child)?).send().await?.into_inner();
    assert_eq!(child.age, "9");

    let list = client.child_list().username("RS*").limit(std::num::NonZeroU32::new(5).unwrap()).send().await?;
    assert_eq!(list.headers()["x-total-count"], "1");
    assert_eq!(list.iter().map(|one| one.id.to_string()).collect::<Vec<_>>(), [child.id.to_string()]);

    let next = from_value::<types::ResetPassword>(json!({"new_password": "next"}))?;
    let reset = client.password_reset().user_id(child.id.to_string()).body(next).send().await?;
    assert_eq!(reset.status(), 204);
    let login = json!({"username": "RS0001", "password": "next"});
    anonymous.auth_login().body(from_value::<types::Login>(login)?).send().await?;

    match client.child_view().child_id("507f191e810c19729de860ea").send().await {
        Err(progenitor_client::Error::ErrorResponse(response)) => {
            assert_eq!((response.code, response.message.as_str()), (404, "Child not found!"));
        }
        other => return Err(format!("an absent child is an error: {other:?}").into()),
    }
    Ok(())
}
