//! Wearable services: what is asked of each, and how what they say becomes what is stored.

mod fault;
mod fitbit;
mod google;
#[cfg(test)]
mod hostile;
mod page;
mod token;
mod values;

use std::sync::Arc;

use super::http::{Address, AddressFault, Answer, Http, HttpOptions, NoAnswer, Outside, Question};
use crate::app::wearables::provider::{Fault, Provider};
use crate::model::wearables::Secret;
use fitbit::Fitbit;
use google::Google;

/// Which service, and where.
#[derive(Debug, Clone)]
pub enum Service {
    /// The old form of Fitbit's.
    Fitbit {
        /// Below which all of it is.
        address: Address,
    },
    /// The Google Health API.
    Google {
        /// Below which the data are.
        address: Address,
        /// Below which tokens are refreshed and revoked.
        tokens: Address,
    },
}

/// As whom a service is asked.
#[derive(Debug, Clone)]
pub struct ClientKey {
    /// The client's id.
    pub id: String,
    /// Its secret.
    pub secret: Secret,
}

/// A service, ready to be asked. Nothing is asked yet.
///
/// # Errors
/// If an address cannot be asked as it is.
pub fn connect(service: Service, client: ClientKey, options: HttpOptions) -> Result<Arc<dyn Provider>, AddressFault> {
    let clock = options.clock.clone();
    let http = Http::new(options);
    Ok(match service {
        Service::Fitbit { address } => Arc::new(Fitbit::new(http.outside(address)?, client)),
        Service::Google { address, tokens } => {
            Arc::new(Google::new(http.outside(address)?, http.outside(tokens)?, client, clock))
        }
    })
}

/// Asks for something, with an access token.
fn get(path: String, access: &Secret) -> Question {
    Question { method: hyper::Method::GET, path, authorization: Some(bearer(access)), body: None }
}

/// Sends a form.
fn post(path: &str, authorization: Option<String>, form: String) -> Question {
    let body = Some(("application/x-www-form-urlencoded", form));
    Question { method: hyper::Method::POST, path: path.to_owned(), authorization, body }
}

fn bearer(access: &Secret) -> String {
    format!("Bearer {}", access.expose())
}

/// Asks, and takes 410 for no answer: nobody is there any more.
///
/// # Errors
/// `Unreachable`.
async fn ask(outside: &Outside, question: Question) -> Result<Answer, Fault> {
    let answer = outside.ask(question).await.map_err(|_: NoAnswer| Fault::Unreachable)?;
    if answer.status == 410 { Err(Fault::Unreachable) } else { Ok(answer) }
}

/// Reads an answer, apart from all that must go on meanwhile.
///
/// # Errors
/// `Unreachable` if it says nothing that can be read.
async fn read<T: Send + 'static>(
    answer: Answer,
    reading: impl FnOnce(&[u8]) -> Option<T> + Send + 'static,
) -> Result<T, Fault> {
    let read = tokio::task::spawn_blocking(move || reading(&answer.body)).await;
    read.ok().flatten().ok_or_else(|| {
        tracing::warn!("An answer from outside cannot be read");
        Fault::Unreachable
    })
}
