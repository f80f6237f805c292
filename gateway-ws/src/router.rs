//! The router of WebSocket APIs.

use std::collections::{HashMap, hash_map::Entry as Slot};

use gateway_core::{Error, ErrorKind, PathParams, RouteMatch, Router};

use crate::{key::WsRouteKey, message::Message, selection::SelectionExpression};

/// Finds the route of a WebSocket API for a message, and those for the beginning and the end of a connection.
///
/// A message goes to the route whose key is exactly what the expression yields, else to `$default`. A message that
/// yields the text `$connect`, `$disconnect` or `$default` goes to `$default` too: no client calls a lifecycle route.
/// AWS developer guide: *Working with routes for WebSocket APIs*.
#[derive(Debug)]
pub struct WsRouter {
    selection: SelectionExpression,
    routes: HashMap<WsRouteKey, usize>,
}

/// Two routes with the same key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("routes {first} and {second} have the same key `{key}`; drop one")]
#[non_exhaustive]
pub struct WsRouteConflict {
    /// The place in the list of the route that was there before.
    pub first: usize,
    /// The place in the list of the route that cannot join it.
    pub second: usize,
    /// The key of both.
    pub key: WsRouteKey,
}

impl WsRouter {
    /// The router of these routes; a route's place in the list is its [`RouteMatch::route`].
    ///
    /// # Errors
    /// All pairs of routes with the same key.
    pub fn new(
        selection: SelectionExpression,
        keys: impl IntoIterator<Item = WsRouteKey>,
    ) -> Result<Self, Vec<WsRouteConflict>> {
        let (mut routes, mut conflicts) = (HashMap::new(), Vec::new());
        for (second, key) in keys.into_iter().enumerate() {
            match routes.entry(key) {
                Slot::Vacant(slot) => drop(slot.insert(second)),
                Slot::Occupied(slot) => {
                    conflicts.push(WsRouteConflict { first: *slot.get(), second, key: slot.key().clone() });
                }
            }
        }
        if conflicts.is_empty() { Ok(Self { selection, routes }) } else { Err(conflicts) }
    }

    /// The route `$connect`.
    #[must_use]
    pub fn connect(&self) -> Option<RouteMatch> {
        self.at(&WsRouteKey::Connect)
    }

    /// The route `$disconnect`.
    #[must_use]
    pub fn disconnect(&self) -> Option<RouteMatch> {
        self.at(&WsRouteKey::Disconnect)
    }

    /// The route for a message.
    #[must_use]
    pub fn find(&self, message: &Message) -> Option<RouteMatch> {
        let key = self.selection.evaluate(message.as_str());
        let own = key.and_then(|key| self.at(&WsRouteKey::Custom(key.into())));
        own.or_else(|| self.at(&WsRouteKey::Default))
    }

    fn at(&self, key: &WsRouteKey) -> Option<RouteMatch> {
        self.routes.get(key).map(|route| RouteMatch { route: *route, params: PathParams::default() })
    }
}

impl Router<Message> for WsRouter {
    /// Finds the route for a message.
    ///
    /// # Errors
    /// [`Forbidden`](ErrorKind::Forbidden) if there is none: the client is told in a frame, and stays connected.
    fn route(&self, message: &Message) -> Result<RouteMatch, Error> {
        self.find(message).ok_or_else(|| ErrorKind::Forbidden.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::key::WsRouteKeyError;

    fn router(expression: &str, keys: &[&str]) -> WsRouter {
        let keys = keys.iter().map(|key| WsRouteKey::parse(key).unwrap());
        WsRouter::new(SelectionExpression::parse(expression).unwrap(), keys).unwrap()
    }

    fn served(router: &WsRouter, message: &str) -> Result<usize, ErrorKind> {
        let found = router.route(&Message::new(message.to_owned()).unwrap());
        found.map(|found| found.route).map_err(|error| error.kind())
    }

    #[test]
    fn a_key_is_found_exactly_or_the_default_serves() {
        let router = router("$request.body.action", &["$connect", "join", "Join", "1", "$default", "$disconnect"]);
        assert_eq!(served(&router, r#"{"action":"join"}"#), Ok(1));
        assert_eq!(served(&router, r#"{"action":"Join"}"#), Ok(2));
        assert_eq!(served(&router, r#"{"action":1}"#), Ok(3));
        for message in
            [r#"{"action":"JOIN"}"#, r#"{"action":"join "}"#, r#"{"action":null}"#, "{}", "hello", "", "[]", "1"]
        {
            assert_eq!(served(&router, message), Ok(4), "{message}");
        }
        assert_eq!(router.connect().map(|found| found.route), Some(0));
        assert_eq!(router.disconnect().map(|found| found.route), Some(5));
    }

    #[test]
    fn no_message_reaches_a_lifecycle_route() {
        for key in ["$connect", "$disconnect", "$default"] {
            let message = format!(r#"{{"action":"{key}"}}"#);
            let keys = ["$connect", "$disconnect", "$default"];
            assert_eq!(served(&router("$request.body.action", &keys), &message), Ok(2));
            assert_eq!(served(&router("$request.body.action", &keys[..2]), &message), Err(ErrorKind::Forbidden));
            assert_eq!(served(&router(&format!(r"\{key}"), &keys), "x"), Ok(2));
        }
    }

    #[test]
    fn without_a_route_it_is_forbidden() {
        let router = router("$request.body.action", &["join"]);
        assert_eq!(served(&router, "{}"), Err(ErrorKind::Forbidden));
        assert_eq!((router.connect(), router.disconnect()), (None, None));
    }

    #[test]
    fn keys_are_unique_and_leave_the_dollar_to_the_service() {
        assert_eq!(WsRouteKey::parse(""), Err(WsRouteKeyError::Empty));
        assert_eq!(WsRouteKey::parse("$Connect"), Err(WsRouteKeyError::Reserved("$Connect".to_owned())));
        let keys = ["a", "$default", "b", "a", "$default", "a"].map(|key| WsRouteKey::parse(key).unwrap());
        let conflicts = WsRouter::new(SelectionExpression::parse("x").unwrap(), keys).unwrap_err();
        let places: Vec<_> = conflicts.iter().map(|found| (found.first, found.second)).collect();
        assert_eq!(places, [(0, 3), (1, 4), (0, 5)]);
        assert_eq!(conflicts[0].to_string(), "routes 0 and 3 have the same key `a`; drop one");
    }

    proptest! {
        #[test]
        fn every_message_has_a_route_where_there_is_a_default(message in r#"(\{|\}|\[|\]|"action"|"a"|"b"|:|,|1|\PC){0,12}"#) {
            let router = router("$request.body.action", &["$default", "a"]);
            prop_assert!(served(&router, &message).is_ok());
        }
    }
}
