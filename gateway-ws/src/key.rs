//! Keys of the routes of a WebSocket API.

use std::fmt;

/// What a route serves: `$connect`, `$disconnect`, `$default`, or messages with a key of the API's own.
///
/// AWS developer guide: *Create routes for WebSocket APIs*.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum WsRouteKey {
    /// `$connect`: a client asks for a connection.
    Connect,
    /// `$disconnect`: a connection has ended.
    Disconnect,
    /// `$default`: messages that no other route takes.
    Default,
    /// Messages for which the API's route selection expression yields exactly this.
    Custom(Box<str>),
}

/// A text that is no key of a route.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WsRouteKeyError {
    /// There is no text.
    #[error("the route key is empty; messages without a key go to `$default`")]
    Empty,
    /// It starts as only the three predefined keys may.
    #[error("route key `{0}`: only `$connect`, `$disconnect` and `$default` start with `$`")]
    Reserved(String),
}

impl WsRouteKey {
    /// Parses a route key.
    ///
    /// # Errors
    /// When the text is empty, or starts with `$` and is not one of the three predefined keys.
    pub fn parse(text: &str) -> Result<Self, WsRouteKeyError> {
        match text {
            "" => Err(WsRouteKeyError::Empty),
            "$connect" => Ok(Self::Connect),
            "$disconnect" => Ok(Self::Disconnect),
            "$default" => Ok(Self::Default),
            _ if text.starts_with('$') => Err(WsRouteKeyError::Reserved(text.to_owned())),
            _ => Ok(Self::Custom(text.into())),
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Connect => "$connect",
            Self::Disconnect => "$disconnect",
            Self::Default => "$default",
            Self::Custom(key) => key,
        }
    }
}

impl fmt::Display for WsRouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
