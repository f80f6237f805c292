//! What a gateway stands on.

use std::{net::IpAddr, sync::Arc};

use crate::{cache::ResponseCaches, clock::Clock, random::Random, service::Parts, store::UsageStore};

/// Tells the peer's address from a request.
pub(crate) type PeerOf = Arc<dyn Fn(&Parts) -> Option<IpAddr> + Send + Sync>;

/// What a gateway stands on; it outlives every reload.
pub(crate) struct Runtime {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) random: Arc<Random>,
    pub(crate) store: Arc<dyn UsageStore>,
    pub(crate) caches: ResponseCaches,
    pub(crate) peer: Option<PeerOf>,
}
