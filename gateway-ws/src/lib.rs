//! WebSocket APIs for `gateway-core`: which route a message goes to.
//!
//! A [`SelectionExpression`] such as `$request.body.action` reads a key out of each [`Message`], and a [`WsRouter`]
//! finds the route with that key, or `$default`. The routes `$connect` and `$disconnect` belong to the life of a
//! connection; no message reaches them.
//!
//! # Example
//! ```
//! use gateway_core::Router;
//! use gateway_ws::{Message, SelectionExpression, WsRouteKey, WsRouter};
//!
//! let selection = SelectionExpression::parse("$request.body.action")?;
//! let keys = ["$connect", "$default", "join"].map(WsRouteKey::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
//! let router = WsRouter::new(selection, keys).map_err(|conflicts| conflicts[0].clone())?;
//!
//! let message = Message::new(r#"{"action": "join", "room": "tea"}"#)?;
//! assert_eq!(router.route(&message)?.route, 2);
//! assert_eq!(router.route(&Message::new("hello")?)?.route, 1);
//! assert_eq!(router.connect().map(|found| found.route), Some(0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod body_path;
mod key;
mod message;
mod router;
mod selection;

pub use self::{
    key::{WsRouteKey, WsRouteKeyError},
    message::{Message, MessageError},
    router::{WsRouteConflict, WsRouter},
    selection::{SelectionError, SelectionExpression},
};
