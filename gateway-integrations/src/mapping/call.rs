//! What goes between a mapping and the backend inside it, beside request and answer.

/// The parameters of a mapped call, in the extensions of the request that the backend gets.
///
/// The request itself is what the mapping made: its method, headers and body are to be sent, and nothing of the client's
/// is left in it but the address, which only proxies look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallParameters {
    /// Values for the `{variables}` of the backend's address (`integration.request.path.NAME`).
    pub path: Vec<(Box<str>, String)>,
    /// Parameters of the query (`integration.request.querystring.NAME`), decoded; a name may repeat.
    pub query: Vec<(Box<str>, String)>,
}

/// What the selection patterns of integration responses are held against, in the extensions of a backend's answer; the
/// status, as text, unless given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectionSubject(pub String);
