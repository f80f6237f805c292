use std::borrow::Cow;

use super::domain::CompiledDomain;
use crate::names::NameMap;

/// The custom domains, by the hosts that they take.
///
/// However many there are, each byte of a host is hashed once at most: what stands behind its first dot finds the domains
/// there, and the first label then one of them.
#[derive(Default)]
pub(crate) struct Hosts {
    below: NameMap<Box<str>, Siblings>,
    /// What takes every other host.
    pub(crate) any: Option<CompiledDomain>,
}

/// The domains that differ in their first label alone.
#[derive(Default)]
struct Siblings {
    by_label: NameMap<Box<str>, CompiledDomain>,
    wildcard: Option<CompiledDomain>,
}

impl Hosts {
    /// Adds a domain by its name, in lower case.
    pub(crate) fn insert(&mut self, name: &str, domain: CompiledDomain) {
        let (label, parent) = split(name);
        if name == "*" {
            self.any = Some(domain);
            return;
        }
        let siblings = self.below.entry(parent.into()).or_default();
        if label == "*" {
            siblings.wildcard = Some(domain);
        } else {
            siblings.by_label.insert(label.into(), domain);
        }
    }

    /// The domain with this name, else the wildcard's.
    pub(super) fn named(&self, host: &str) -> Option<&CompiledDomain> {
        let (label, parent) = split(host);
        let siblings = self.below.get(parent)?;
        siblings.by_label.get(label).or(siblings.wildcard.as_ref().filter(|_| !label.is_empty()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.below.is_empty() && self.any.is_none()
    }
}

/// The first label, and what stands behind its dot.
fn split(host: &str) -> (&str, &str) {
    // Hosts are short: a plain loop beats the search of `str`.
    let dot = host.bytes().position(|byte| byte == b'.');
    dot.and_then(|dot| host.split_at_checked(dot))
        .map_or((host, ""), |(label, rest)| (label, rest.get(1..).unwrap_or("")))
}

/// Most clients write hosts in lower case already.
pub(super) fn lower_case(host: &str) -> Cow<'_, str> {
    match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => host.to_ascii_lowercase().into(),
        false => host.into(),
    }
}
