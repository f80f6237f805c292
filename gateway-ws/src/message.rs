//! A message: one complete text, of limited size.

use bytes::Bytes;

/// A complete text message, all frames of it, of at most [`Message::MAX_BYTES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message(Bytes);

/// What cannot be a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// It has more bytes than a message may have; the connection closes with 1009.
    #[error("the message has {0} bytes, more than {max}", max = Message::MAX_BYTES)]
    TooLong(usize),
    /// It is not UTF-8; the connection closes with 1007.
    #[error("the message is not UTF-8")]
    NotText,
}

impl Message {
    /// The most bytes that a message may have: 128 KB, a quota of the service.
    pub const MAX_BYTES: usize = 128 * 1024;

    /// A message of these bytes.
    ///
    /// # Errors
    /// When they are too many, or no text.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, MessageError> {
        let bytes = bytes.into();
        if bytes.len() > Self::MAX_BYTES {
            return Err(MessageError::TooLong(bytes.len()));
        }
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(_) => Err(MessageError::NotText),
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The text's bytes, shared.
    #[must_use]
    pub fn into_bytes(self) -> Bytes {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_text_of_limited_size() {
        assert_eq!(Message::new("hällo").unwrap().as_str(), "hällo");
        assert_eq!(Message::new(vec![b'a', 0xff]), Err(MessageError::NotText));
        assert!(Message::new(vec![b'a'; Message::MAX_BYTES]).is_ok());
        assert_eq!(Message::new(vec![b'a'; 131_073]), Err(MessageError::TooLong(131_073)));
    }
}
