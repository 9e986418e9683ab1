//! The fields of tokens.

/// The fields of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Field {
    /// What data is read with.
    AccessToken,
    /// What the next access token is had with.
    RefreshToken,
}
