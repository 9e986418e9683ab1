//! What the service asks of others over the internet, and what it makes of their answers.

pub mod http;
pub mod wearables;
